"""Mounts on mounts, permission levels, and local mounts whose folder a function chooses."""

import contextvars
import functools
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


# Functions that choose the folder


def test_configuring_never_calls_the_function(storage):
    def base():
        raise AssertionError("called")

    storage.add_mount({"name": "x", "protocol": "local", "base_path": base})
    assert storage.node("x:a").child("b").parent.fullpath == "x:a"


async def test_one_node_goes_where_the_function_points_now(storage, io, tmp_path):
    here = [tmp_path / "one"]
    storage.add_mount({"name": "x", "protocol": "local", "base_path": lambda: here[0]})
    node = storage.node("x:sub/f")
    assert await io(node.exists()) is False
    await io(node.write_text("1"))  # makes the folder
    here[0] = str(tmp_path / "two")
    assert await io(node.exists()) is False
    await io(node.write_text("2"))
    assert (tmp_path / "one/sub/f").read_text() + (tmp_path / "two/sub/f").read_text() == "12"
    assert node.resolved_path == str(tmp_path / "two/sub/f")


class Tenants:
    def __init__(self, root):
        self.root = root

    def with_prefix(self, prefix):
        return self.root / prefix

    def without(self):
        return self.root / "fixed"


async def test_a_function_with_a_parameter_is_asked_with_the_first_component(storage, io, tmp_path):
    def many(*names):
        return tmp_path / "many" / names[0]

    tenants = Tenants(tmp_path / "t")
    cases = {
        "bound": (tenants.with_prefix, "t/acme/f"),
        "bound-without": (tenants.without, "t/fixed/acme/f"),
        "stars": (many, "many/acme/f"),
        "default": (lambda name="none": tmp_path / "d" / name, "d/acme/f"),
        "partial": (functools.partial(lambda a, b: tmp_path / a / b, "p"), "p/acme/f"),
        "partial-full": (functools.partial(lambda a: tmp_path / a, "full"), "full/acme/f"),
    }
    for name, (function, written) in cases.items():
        storage.add_mount({"name": name, "protocol": "local", "base_path": function})
        await io(storage.node(f"{name}:acme/f").write_text(name))
        assert (tmp_path / written).read_text() == name


async def test_switched_mounts_work_like_others(storage, io, tmp_path):
    asked = []

    def base(prefix):
        asked.append(prefix)
        return tmp_path / f"area-{prefix}"

    storage.add_mount({"name": "sw", "protocol": "local", "base_path": base})
    storage.add_mount({"name": "ro", "path": "sw:a", "permissions": "readonly"})
    await io(storage.node("sw:a/x/f").write_text("text"))
    assert [node.fullpath for node in await io(storage.node("sw:a").children())] == ["sw:a/x"]
    assert await io(storage.node("sw:a").is_dir()) is True
    await io(storage.node("sw:a").copy_to("sw:b"))
    assert (tmp_path / "area-b/x/f").read_text() == "text"
    await io(storage.node("sw:b/x").move_to("sw:c/y"))
    assert (tmp_path / "area-c/y/f").read_text() == "text"
    assert await io(storage.node("ro:x/f").read_text()) == "text"
    with pytest.raises(StoragePermissionError):
        await io(storage.node("ro:x/f").write_text("no"))
    await io(storage.node("sw:a/x").delete())
    assert os.listdir(tmp_path / "area-a") == []
    assert set(asked) <= {"a", "b", "c"}
    await io(storage.node("sw:").exists())
    assert asked[-1] == ""


async def test_nothing_leaves_the_folder_that_was_chosen(storage, io, tmp_path):
    (tmp_path / "secret").write_text("s")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link").symlink_to(tmp_path / "secret")
    storage.add_mount({"name": "sw", "protocol": "local", "base_path": lambda prefix: tmp_path / prefix})
    storage.add_mount({"name": "up", "protocol": "local", "base_path": lambda: tmp_path / "in"})
    for address in ("sw:in/link", "up:link"):
        with pytest.raises(ValueError, match="Path escapes base directory"):
            await io(storage.node(address).read_text())
        assert await io(storage.node(address).exists()) is False
    with pytest.raises(ValueError):
        await io(storage.node("sw:").child("..", "x").read_text())


async def test_the_function_sees_the_context_variables_of_the_call(storage, io, tmp_path):
    tenant = contextvars.ContextVar("tenant")
    storage.add_mount({"name": "x", "protocol": "local", "base_path": lambda: tmp_path / tenant.get()})
    for name in ("one", "two"):
        tenant.set(name)
        await io(storage.node("x:f").write_text(name))
    assert (tmp_path / "one/f").read_text() + (tmp_path / "two/f").read_text() == "onetwo"


@pytest.mark.parametrize(("answer", "error"), [(None, TypeError), (5, TypeError), ("", ValueError)])
async def test_an_answer_that_is_no_path_is_an_error(storage, io, answer, error):
    storage.add_mount({"name": "x", "protocol": "local", "base_path": lambda: answer})
    with pytest.raises(error):
        await io(storage.node("x:f").read_bytes())


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
