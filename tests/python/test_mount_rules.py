"""Mounts on mounts, permission levels, and names that come and go."""

import os

import pytest

from genro_storage import StorageConfigError, StorageManager, StorageNode, StorageNotFoundError, StoragePermissionError

LEVELS = ("readonly", "readwrite", "delete")


# Relative mounts


async def test_a_relative_mount_is_the_part_of_its_parent_below_a_folder(storage, mount, io):
    storage.add_mount({"name": "part", "path": f"{mount}:a/b//"})
    await io(storage.node("part:c/x").write_text("one"))
    assert await io(storage.node(mount, "a/b/c/x").read_text()) == "one"
    await io(storage.node(mount, "a/b/y").write_text("two"))
    assert await io(storage.node("part:y").read_text()) == "two"
    assert [node.fullpath for node in await io(storage.node("part:").children())] == ["part:c", "part:y"]
    assert storage.node("part:c/x").path == "c/x"


async def test_the_folder_of_a_relative_mount_need_not_exist(storage, mount, io):
    storage.add_mount({"name": "part", "path": f"{mount}:not/yet"})
    assert await io(storage.node("part:x").exists()) is False
    await io(storage.node("part:x").write_text("x"))
    assert await io(storage.node(mount, "not/yet/x").read_text()) == "x"


async def test_an_empty_folder_is_the_parents_root(storage, mount, io):
    storage.add_mount({"name": "same", "path": f"{mount}:"})
    await io(storage.node("same:x").write_text("x"))
    assert await io(storage.node(mount, "x").read_text()) == "x"
    assert storage.node("same:").capabilities == storage.node(mount).capabilities


async def test_chains_of_relative_mounts_add_up(storage, io):
    storage.configure(
        [
            {"name": "a", "path": "mem:a"},
            {"name": "b", "path": "a:b", "permissions": "readonly"},
            {"name": "c", "path": "b:c", "permissions": "delete"},
        ]
    )
    await io(storage.node("mem:a/b/c/x").write_text("x"))
    node = storage.node("c:x")
    assert await io(node.read_text()) == "x"
    with pytest.raises(StoragePermissionError, match="read-only"):
        await io(node.write_text("y"))
    with pytest.raises(StoragePermissionError):
        await io(node.delete())
    assert node.capabilities.readonly is True


async def test_a_relative_mount_keeps_the_parent_that_it_was_made_on(storage, io):
    storage.add_mount({"name": "part", "path": "mem:p"})
    await io(storage.node("mem:p/x").write_text("x"))
    storage.add_mount({"name": "mem", "protocol": "memory", "base_path": "elsewhere"})
    assert await io(storage.node("part:x").read_text()) == "x"
    storage.delete_mount("mem")
    assert await io(storage.node("part:x").read_text()) == "x"


async def test_a_mount_can_be_narrowed_under_its_own_name(storage, io):
    await io(storage.node("mem:p/x").write_text("x"))
    with pytest.raises(StorageConfigError, match="Parent mount 'new' not found"):
        storage.add_mount({"name": "new", "path": "new:p"})
    storage.add_mount({"name": "mem", "path": "mem:p"})
    assert await io(storage.node("mem:x").read_text()) == "x"


def test_parents_come_first_also_in_one_list():
    manager = StorageManager()
    parent, child = {"name": "p", "protocol": "memory"}, {"name": "c", "path": "p:x"}
    with pytest.raises(StorageConfigError, match=r"'c'.*Parent mount 'p' not found.*none"):
        manager.configure([child, parent])
    assert manager.get_mount_names() == []
    manager.configure([parent, child])
    with pytest.raises(StorageConfigError, match=r"'d'.*Parent mount 'q' not found.*'p', 'c'"):
        manager.add_mount({"name": "d", "path": "q:x"})


@pytest.mark.parametrize("folder", ["../up", "a/../../up", ".."])
def test_a_relative_mount_that_climbs_is_refused(storage, folder):
    with pytest.raises(StorageConfigError, match="Parent directory traversal"):
        storage.add_mount({"name": "x", "path": f"mem:{folder}"})


@pytest.mark.parametrize("base", ["mem", "home"])
async def test_nothing_leaves_a_relative_mount(storage, io, base):
    storage.configure([{"name": "p", "path": f"{base}:in"}, {"name": "rooted", "path": f"{base}:/in//deep"}])
    await io(storage.node(base, "secret").write_text("s"))
    await io(storage.node(base, "in/x").write_text("x"))
    for parts in (("..", "secret"), ("a", "..", "..", "secret"), ("../secret",)):
        with pytest.raises(ValueError):
            await io(storage.node("p:").child(*parts).read_text())
    assert storage.node("p:").child("/x").fullpath == "p:x"
    await io(storage.node("rooted:y").write_text("y"))
    assert await io(storage.node("p:deep/y").read_text()) == "y"


def test_only_a_path_without_a_protocol_makes_a_mount_relative(storage, tmp_path):
    with pytest.raises(ValueError, match="must be absolute"):
        storage.add_mount({"name": "x", "protocol": "local", "path": "mem:a"})
    (tmp_path / "a:b").mkdir()
    storage.add_mount({"name": "x", "protocol": "local", "path": str(tmp_path / "a:b")})
    assert storage.node("x:f").resolved_path == str(tmp_path / "a:b/f")


async def test_base64_content_goes_through_a_relative_mount_unchanged(storage, io):
    storage.add_mount({"name": "rel", "path": "b64:"})
    storage.add_mount({"name": "fixed", "protocol": "base64", "permissions": "readonly"})
    payload = "//8/Pz//"
    for name in ("b64", "rel", "fixed"):
        assert await io(storage.node(f"{name}:{payload}").read_bytes()) == b"\xff\xff\x3f\x3f\x3f\xff"
    node = storage.node("rel:")
    await io(node.write_bytes(b"\xff\xff\x3f\x3f\x3f\xff"))
    assert (node.path, node.fullpath) == (payload, f"rel:{payload}")


def test_resolved_paths_go_through_every_wrapper(storage):
    root = storage.node("home:").resolved_path
    storage.add_mount({"name": "part", "path": "home:a", "permissions": "readonly"})
    assert storage.node("part:b").resolved_path == f"{root}/a/b"


# Permission levels


@pytest.mark.parametrize("value", [None, "", "write", "READONLY", 5, ["readonly"]])
@pytest.mark.parametrize("kind", [{"protocol": "memory"}, {"path": "mem:"}])
def test_other_words_are_no_level(storage, kind, value):
    with pytest.raises(StorageConfigError, match="Invalid permissions"):
        storage.add_mount({"name": "x", **kind, "permissions": value})


def test_a_level_promises_no_more_than_the_backend_can(storage, tmp_path):
    storage.add_mount({"name": "b", "protocol": "base64", "permissions": "readonly"})
    for level in ("readwrite", "delete"):
        with pytest.raises(StorageConfigError, match="read-only"):
            storage.add_mount({"name": "b", "protocol": "base64", "permissions": level})
        storage.add_mount({"name": "rel", "path": "b:", "permissions": level})  # not compared on relative mounts
    for level in LEVELS:
        for mount in ({"protocol": "memory"}, {"protocol": "local", "base_path": str(tmp_path)}):
            storage.add_mount({"name": "x", **mount, "permissions": level})
    with pytest.raises(StorageConfigError, match="missing required field: 'base_path'"):  # asked before the level
        storage.add_mount({"name": "x", "protocol": "local", "permissions": "nonsense"})


@pytest.fixture(params=["prefix", "own"])
def limited(request, storage, mount, io):
    """Makes a mount `x` with a level, over the same files as `mount`."""

    def make(level):
        storage.add_mount({"name": "x", "path": f"{mount}:p" if request.param == "prefix" else f"{mount}:"})
        storage.add_mount({"name": "x", "path": "x:", "permissions": level})
        return storage.node("x:")

    return make


WRITES = {
    "write": lambda node: node.write("x"),
    "write_bytes": lambda node: node.write_bytes(b"x"),
    "write_text": lambda node: node.write_text("x"),
    "mkdir": lambda node: node.mkdir(exist_ok=True, parents=True),
    "append": lambda node: node.append(b"x"),
}


@pytest.mark.parametrize("operation", WRITES)
async def test_readonly_refuses_every_write_before_it_looks(io, limited, operation):
    node = limited("readonly").child("missing/x")
    with pytest.raises(StoragePermissionError, match="read-only"):
        await io(WRITES[operation](node))
    assert await io(node.parent.exists()) is False


@pytest.mark.parametrize("mode", ["w", "wb", "wt", "a", "at", "ab", "x", "xb", "w+b", "r+b", "+r", "r+", "rb+", "a+"])
async def test_readonly_refuses_every_mode_that_could_write(storage, io, mode):
    storage.add_mount({"name": "x", "path": "mem:", "permissions": "readonly"})
    await io(storage.node("mem:f").write_text("kept"))
    with pytest.raises(StoragePermissionError, match="read-only"), storage.node("x:f").open(mode) as file:
        file.read()
    assert await io(storage.node("mem:f").read_text()) == "kept"


async def test_readonly_allows_all_reading(storage, mount, io):
    await io(storage.node(mount, "d/f").write_text("text"))
    storage.add_mount({"name": "x", "path": f"{mount}:", "permissions": "readonly"})
    node = storage.node("x:d/f")
    assert await io(node.exists()) is True
    assert await io(node.is_file()) is True
    assert await io(node.size()) == 4
    assert isinstance(await io(node.mtime()), float)
    assert await io(node.md5hash()) == "1cb251ec0d568de6a929b520c4aed8d1"
    assert await io(node.read_bytes()) == b"text"
    assert [child.path for child in await io(storage.node("x:d").children())] == ["d/f"]
    await io(node.copy_to("home:copy"))
    assert await io(storage.node("home:copy").read_text()) == "text"
    assert await io(node.is_dir()) is False
    assert await io(node.read_text()) == await io(node.read("r")) == "text"
    for mode, content in (("r", "text"), ("rb", b"text")):
        with node.open(mode) as file:
            assert file.read() == content
    with node.local_path() as path, open(path) as file:
        assert file.read() == "text"
    assert await io(node.get_metadata()) == {}
    assert type(node.versions) is list
    assert node.version_count == len(node.versions)
    assert (node.url() is None) == (mount in ("mem", "home"))
    assert await io(node.to_base64(include_uri=False)) == "dGV4dA=="
    assert (await io(node.zip())).startswith(b"PK")
    assert node == storage.node(mount, "d/f")


async def test_readonly_refuses_what_would_change_anything(storage, mount, io):
    await io(storage.node(mount, "f").write_text("kept"))
    storage.add_mount({"name": "x", "path": f"{mount}:", "permissions": "readonly"})
    node, other = storage.node("x:f"), storage.node("home:other")
    await io(other.write_text("other"))
    for change in (
        node.delete,
        lambda: node.set_metadata({"a": "b"}),
        lambda: node.append("x"),
        lambda: other.copy_to(node),
        lambda: other.copy_to("x:new"),
        lambda: node.copy_to("x:new"),
        lambda: other.move_to("x:new"),
        lambda: storage.iternode(other).copy_to(node),
    ):
        with pytest.raises(StoragePermissionError):
            await io(change())
    for mode in ("w", "rw"):
        with pytest.raises(StoragePermissionError):
            node.local_path(mode)
    assert [child.path for child in await io(storage.node(mount).children())] == (
        ["f", "other"] if mount == "home" else ["f"]
    )
    assert await io(storage.node(mount, "f").read_text()) == "kept"


async def test_readwrite_allows_all_writing(storage, mount, io):
    storage.add_mount({"name": "x", "path": f"{mount}:d", "permissions": "readwrite"})
    node = storage.node("x:f")
    await io(node.write_bytes(b"1"))
    await io(node.append("2"))
    with node.open("a") as file:
        file.write("3")
    with node.local_path("rw") as path, open(path, "a") as file:
        file.write("4")
    assert await io(node.call("sh", "-c", 'printf 5 >> "$0"', node)) is None
    assert await io(node.read_text()) == "12345"
    with storage.node("x:w").local_path("w") as path, open(path, "w") as file:
        file.write("w")
    with storage.node("x:o").open("x") as file:
        file.write("o")
    assert await io(storage.node(mount, "d/w").read_text()) == "w"
    assert await io(storage.node(mount, "d/o").read_text()) == "o"
    if mount in ("minio", "versitygw"):
        await io(node.set_metadata({"a": "b"}))
        assert await io(node.get_metadata()) == {"a": "b"}
    with pytest.raises(StoragePermissionError, match="does not have delete permission"):
        storage._mounts["x"].delete_version("f", "1")


def test_every_protocol_takes_a_level(storage, tmp_path):
    for mount in (
        {"protocol": "local", "base_path": str(tmp_path)},
        {"protocol": "local", "base_path": lambda: tmp_path},
        {"protocol": "memory", "base_path": "levels"},
        {"protocol": "s3", "bucket": "b", "endpoint_url": "http://127.0.0.1:9", "anon": True},
    ):
        for level in LEVELS:
            storage.add_mount({"name": "x", "permissions": level} | mount)
            can = storage.node("x:").capabilities
            assert (can.write, can.delete) == (level != "readonly", level == "delete")
        with pytest.raises(StorageConfigError, match="Invalid permissions"):
            storage.add_mount({"name": "x", "permissions": "all"} | mount)


async def test_readwrite_writes_and_does_not_delete(storage, io, limited):
    root = limited("readwrite")
    await io(root.child("new/deep/f").write_text("x"))  # needs no right to make folders
    await io(root.child("d").mkdir())
    await io(storage.node("mem:src").write_text("copied"))
    await io(storage.node("mem:src").copy_to(root.child("c")))
    for name in ("new", "c", "missing"):
        with pytest.raises(StoragePermissionError, match=r"does not have delete permission.*readwrite"):
            await io(root.child(name).delete())
    assert await io(root.child("c").read_text()) == "copied"


async def test_delete_is_everything(io, limited):
    root = limited("delete")
    await io(root.child("f").write_text("x"))
    await io(root.child("f").delete())
    assert await io(root.child("f").exists()) is False


async def test_an_unchanged_write_is_no_write(storage, io):
    storage.add_mount({"name": "x", "path": "mem:", "permissions": "readonly"})
    await io(storage.node("mem:f").write_text("same"))
    assert await io(storage.node("x:f").write_text("same", skip_if_unchanged=True)) is False
    with pytest.raises(StoragePermissionError):
        await io(storage.node("x:f").write_text("other", skip_if_unchanged=True))


def test_capabilities_are_what_the_level_leaves(storage):
    parent = storage.node("mem:").capabilities
    for level in LEVELS:
        storage.add_mount({"name": "x", "path": "mem:", "permissions": level})
        left = storage.node("x:").capabilities
        assert (left.write, left.mkdir, left.delete, left.readonly) == (
            level != "readonly",
            level != "readonly",
            level == "delete",
            level == "readonly",
        )
        assert (left == parent) is (level == "delete")


# Names that come and go


class Labelled(StorageNode):
    def __init__(self, manager, mount_name, path, label="given"):
        super().__init__(manager, mount_name, path)
        self.label = label

    def _create_node(self, manager, mount_name, path):
        return type(self)(manager, mount_name, path, self.label)


@pytest.mark.parametrize("kind", [StorageNode, Labelled])
async def test_relatives_of_a_node_stay_on_its_mount(storage, io, kind):
    await io(storage.node("mem:d/f").write_text("old"))
    node = kind(storage, "mem", "d")
    storage.add_mount({"name": "mem", "protocol": "memory", "base_path": "another-place"})
    assert await io(node.child("f").read_text()) == "old"
    storage.delete_mount("mem")
    (child,) = await io(node.children())
    assert type(child) is kind
    assert await io(child.read_text()) == "old"
    assert child.parent.fullpath == "mem:d"
    for error in (KeyError, StorageNotFoundError):
        with pytest.raises(error, match="Mount point 'mem' not found"):
            kind(storage, "mem", "d")
        with pytest.raises(error, match="Mount point 'mem' not found"):
            storage.delete_mount("mem")


def test_slashes_around_the_base_of_a_memory_mount_mean_nothing(storage, tmp_path):
    base = f"{tmp_path.name}/x"
    for number, spelling in enumerate((base, f"/{base}", f"{base}/", f"//{base}//")):
        storage.add_mount({"name": f"m{number}", "protocol": "memory", "base_path": spelling})
        storage.node(f"m{number}:f").write_text(spelling)
        assert storage.node("m0:f").read_text() == spelling
    storage.add_mount({"name": "all", "protocol": "memory"})
    assert storage.node("all", base, "f").read_text() == f"//{base}//"
    storage.node("all", tmp_path.name).delete()


def test_a_base_is_never_made_by_configuring(tmp_path):
    manager = StorageManager()
    with pytest.raises(FileNotFoundError):
        manager.add_mount({"name": "x", "protocol": "local", "base_path": tmp_path / "none"})
    assert os.listdir(tmp_path) == []


def test_managers_are_independent_but_for_the_memory_of_the_process(storage, tmp_path):
    other = StorageManager()
    assert other.get_mount_names() == []
    for manager in (storage, other):
        manager.add_mount({"name": "shared", "protocol": "memory", "base_path": f"{tmp_path}/shared/"})
    storage.node("shared:f").write_text("x")
    assert other.node("shared:f").read_text() == "x"
    other.add_mount(
        {"name": "fixed", "protocol": "memory", "base_path": f"{tmp_path}/shared", "permissions": "readonly"}
    )
    assert other.node("fixed:f").read_text() == "x"
