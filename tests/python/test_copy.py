"""Copying: what is taken, and what holds for one file and for folders."""

import os
import stat
from urllib.request import urlopen

import pytest

from conftest import s3_mount
from genro_storage import StorageManager, StoragePermissionError
from trees import Heard, make, tree

# One file


async def test_an_address_is_found_by_the_manager_of_the_source_and_a_node_may_be_of_another(storage, io, root):
    await make(storage, io, "mem:", ["a"])
    beside = StorageManager()
    beside.configure([{"name": "elsewhere", "protocol": "local", "base_path": root}])
    dest = beside.node("elsewhere:b")
    assert await io(storage.node("mem:a").copy_to(dest)) is dest
    assert await io(storage.node("home:b").read_text()) == "text of a"
    with pytest.raises(FileNotFoundError, match="Mount point 'elsewhere' not found"):
        await io(storage.node("mem:a").copy_to("elsewhere:b"))


async def test_a_file_is_overwritten_and_missing_folders_are_made(storage, mount, io):
    await make(storage, io, f"{mount}:", ["a"])
    dest = storage.node(mount, "x/y/b")
    await io(storage.node(mount, "a").copy_to(dest))
    await io(dest.write_text("something older and longer"))
    await io(storage.node(mount, "a").copy_to(dest))
    assert await io(dest.read_text()) == "text of a"


async def test_the_refusals_come_in_their_order(storage, io):
    storage.add_mount({"name": "fixed", "path": "mem:", "permissions": "readonly"})
    await make(storage, io, "mem:", ["a"])
    with pytest.raises(FileNotFoundError, match=r"Source not found.*mem:none"):
        await io(storage.node("mem:none").copy_to("fixed:x", skip="custom"))
    with pytest.raises(ValueError, match="skip='custom' requires skip_fn"):
        await io(storage.node("mem:a").copy_to("fixed:x", skip="custom"))
    with pytest.raises(StoragePermissionError, match="read-only"):
        await io(storage.node("mem:a").copy_to("fixed:x"))
    assert await io(storage.node("mem:x").exists()) is False


@pytest.mark.parametrize("enhanced", [False, True])
@pytest.mark.parametrize("dest", ["home:b", "other:b", "part:b", "careful:b"])
async def test_time_and_permission_bits_stay_on_local_mounts(storage, io, root, dest, enhanced):
    storage.add_mount({"name": "part", "path": "other:part"})
    storage.add_mount({"name": "careful", "path": "other:", "permissions": "readwrite"})
    await make(storage, io, "home:", ["a", "t/a"])
    for name in ("a", "t/a"):
        os.chmod(f"{root}/{name}", 0o640)
        os.utime(f"{root}/{name}", ns=(1, 1_234_567_890_123_456_789))
    options = {"on_file": lambda node: None} if enhanced else {}
    await io(storage.node("home:a").copy_to(dest, **options))
    await io(storage.node("home:t").copy_to(dest + "-tree", **options))
    for address in (dest, dest + "-tree/a"):
        status = os.stat(storage.node(address).resolved_path)
        assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o640, 1_234_567_890_123_456_789)


async def test_callbacks_of_one_file(storage, io):
    await make(storage, io, "mem:", ["a"])
    heard = Heard()
    options = heard.all | {"include": "*.py", "exclude": "*", "filter": lambda node, path: False}  # for folders only
    await io(storage.node("mem:a").copy_to("home:b", **options))
    assert heard.events == [("file", "a"), ("progress", 1, 1)]
    heard.events.clear()
    await io(storage.node("mem:a").copy_to("home:b", skip="exists", **options))
    assert heard.events == [("skip", "a", "destination exists"), ("progress", 1, 1)]


@pytest.mark.parametrize("target", ["mem", "home"])
async def test_a_file_never_replaces_a_folder_nor_a_folder_a_file(storage, mount, io, target):
    await make(storage, io, f"{mount}:", ["file", "folder/x"])
    await make(storage, io, f"{target}:", ["d/x", "f"])
    for method in ("copy_to", "move_to"):
        with pytest.raises(IsADirectoryError):
            await io(getattr(storage.node(mount, "file"), method)(f"{target}:d"))
        with pytest.raises(NotADirectoryError):
            await io(getattr(storage.node(mount, "folder"), method)(f"{target}:f"))
    assert await io(storage.node(target, "d/x").read_text()) == "text of d/x"
    assert await io(storage.node(target, "f").read_text()) == "text of f"


async def test_base64_gives_its_path_to_copies_from_every_kind_of_source(storage, mount, io):
    await make(storage, io, f"{mount}:", ["a"])
    storage.add_mount({"name": "rel", "path": f"{mount}:"})
    for source in (storage.node(mount, "a"), storage.node("rel:a"), storage.node("b64:dGV4dCBvZiBh")):
        dest = storage.node("b64:")
        assert await io(source.copy_to(dest)) is dest
        assert (dest.path, await io(dest.read_text())) == ("dGV4dCBvZiBh", "text of a")
    with pytest.raises(PermissionError):
        await io(storage.node(mount).copy_to("b64:"))  # a folder has no place there


# Folders


@pytest.mark.parametrize("target", ["mem", "home"])
@pytest.mark.parametrize("enhanced", [False, True])
async def test_folders_merge_and_empty_ones_come_along(storage, io, target, enhanced):
    await make(storage, io, "mem:src", ["a", "sub/b"])
    await io(storage.node("mem:src/empty/deeper").mkdir(parents=True))
    await make(storage, io, f"{target}:dst", ["a", "sub/own"])
    options = {"progress": lambda done, total: None} if enhanced else {}
    await io(storage.node("mem:src").copy_to(storage.node(target, "dst"), **options))
    assert await tree(io, storage.node(target, "dst")) == {
        "a": "text of a",
        "empty": None,
        "empty/deeper": None,
        "sub": None,
        "sub/b": "text of sub/b",
        "sub/own": "text of sub/own",
    }


async def test_roots_of_mounts_are_sources_and_destinations(storage, mount, io, root):
    await make(storage, io, f"{mount}:", ["a", "sub/b"])
    await io(storage.node(mount).copy_to("other:"))
    assert set(await tree(io, storage.node("other:"))) == {"a", "sub", "sub/b"}


async def test_a_folder_is_not_copied_into_itself(storage, io, root):
    storage.add_mount({"name": "above", "protocol": "local", "base_path": os.path.dirname(root)})
    for source, inside in (("mem:t", "mem:t/in"), ("home:t", "home:t/in"), ("home:t", "above:home/t/in")):
        await make(storage, io, source, ["a"])
        for method in ("copy_to", "move_to"):
            with pytest.raises(ValueError, match="into itself"):
                await io(getattr(storage.node(source), method)(inside))
        assert await tree(io, storage.node(source)) == {"a": "text of a"}


async def test_a_folder_can_go_to_the_one_above_unless_it_would_land_on_itself(storage, io):
    await make(storage, io, "mem:top/sub", ["a", "deep/b"])
    await io(storage.node("mem:top/sub").copy_to("mem:top"))
    assert await io(storage.node("mem:top/deep/b").read_text()) == "text of deep/b"
    await make(storage, io, "mem:top/sub", ["sub/c"])
    with pytest.raises(ValueError, match="into itself"):
        await io(storage.node("mem:top/sub").move_to("mem:top"))
    assert await io(storage.node("mem:top/sub/sub/c").exists()) is True


async def test_a_folder_onto_itself_does_nothing(storage, io, root):
    storage.add_mount({"name": "above", "protocol": "local", "base_path": os.path.dirname(root)})
    await make(storage, io, "home:t", ["a"])
    for dest in ("home:t", "above:home/t"):
        await io(storage.node("home:t").copy_to(dest))
        await io(storage.node("home:t").move_to(dest))
        assert await tree(io, storage.node("home:t")) == {"a": "text of a"}


async def test_many_small_files_and_a_large_one_arrive_whole(storage, io, root):
    for number in range(400):
        await io(storage.node(f"home:src/{number % 7}/{number}").write_text(str(number)))
    await io(storage.node("home:src/large").write_bytes(b"large" * 500_000))
    storage.add_mount({"name": "fast", "protocol": "local", "base_path": root + "-other", "durable": False})
    for dest in ("other:durable", "fast:fast"):
        for _ in range(2):  # into nothing, and over what is there
            await io(storage.node("home:src").copy_to(dest))
        copied = await tree(io, storage.node(dest))
        assert copied.pop("large") == "large" * 500_000
        assert {name: text for name, text in copied.items() if text} == {f"{n % 7}/{n}": str(n) for n in range(400)}
    assert not [name for _, _, names in os.walk(root + "-other") for name in names if name.endswith(".tmp")]


@pytest.mark.parametrize("dest", ["mem:dst", "fast:dst"])
async def test_a_deep_tree_is_no_deeper_than_its_path_is_long(storage, io, root, dest):
    storage.add_mount({"name": "fast", "protocol": "local", "base_path": root, "durable": False})
    deep = "/".join(["d"] * 1100)
    await io(storage.node("mem:src", deep, "f").write_text("deep"))
    await io(storage.node("mem:src").copy_to(dest))
    assert await io(storage.node(f"{dest}/{deep}/f").read_text()) == "deep"
    await io(storage.node(dest).delete())
    assert await io(storage.node(dest).exists()) is False


async def test_failures_name_the_mount_and_never_the_servers_folders(storage, io, root):
    await make(storage, io, "home:", ["file", "folder/x"])
    os.symlink("/etc/hostname", root + "/outside")
    attempts = [
        lambda: storage.node("home:none").read_bytes(),
        lambda: storage.node("home:none").copy_to("other:x"),
        lambda: storage.node("home:file/x").write_text("x"),
        lambda: storage.node("home:folder").write_text("x"),
        lambda: storage.node("home:folder").mkdir(),
        lambda: storage.node("home:outside").read_bytes(),
        lambda: storage.node("home:folder").copy_to("home:file"),
        lambda: storage.node("home:" + "n" * 300).write_text("x"),
    ]
    for attempt in attempts:
        with pytest.raises((OSError, ValueError)) as caught:
            await io(attempt())
        assert root not in str(caught.value)
        assert "home:" in str(caught.value)


# Filters


async def test_filters_are_asked_in_order_and_the_first_no_counts(storage, io):
    await make(storage, io, "mem:src", ["a.py", "b.txt", "c.py", "d.py", "e.py"])
    asked = []

    def fussy(node, path):
        asked.append((node.path, path))
        if path == "d.py":
            raise RuntimeError("no idea")
        return path != "c.py"

    heard = Heard()
    await io(
        storage.node("mem:src").copy_to(
            "home:dst", include="*.py", exclude=["x*", "a*"], filter=fussy, on_skip=heard.on_skip
        )
    )
    assert heard.skipped == {
        "src/b.txt": "not matching include patterns",
        "src/a.py": "matching exclude pattern 'a*'",
        "src/c.py": "filtered by custom function",
        "src/d.py": "filter error: no idea",
    }
    assert asked == [("src/c.py", "c.py"), ("src/d.py", "d.py"), ("src/e.py", "e.py")]
    assert await tree(io, storage.node("home:dst")) == {"e.py": "text of e.py"}


@pytest.mark.parametrize("nothing", [None, "", [], (), set()])
async def test_no_pattern_selects_everything_and_excludes_nothing(storage, io, nothing):
    await make(storage, io, "mem:src", ["a", "sub/b"])
    await io(storage.node("mem:src").copy_to("home:dst", include=nothing, exclude=nothing))
    assert set(await tree(io, storage.node("home:dst"))) == {"a", "sub", "sub/b"}


async def test_patterns_may_be_any_iterable_and_nothing_else(storage, io):
    await make(storage, io, "mem:src", ["a", "b", "c"])
    for number, patterns in enumerate((["a", "b"], ("a", "b"), {"a", "b"}, iter(["a", "b"]), {"a": 1, "b": 2})):
        await io(storage.node("mem:src").copy_to(f"home:{number}", include=patterns))
        assert set(await tree(io, storage.node(f"home:{number}"))) == {"a", "b"}
    for wrong in (5, [5], b"a"):
        with pytest.raises(TypeError):
            await io(storage.node("mem:src").copy_to("home:dst", exclude=wrong))


FILES = ["a.py", "test_a.py", "B.PY", "sub/b.py", "sub/test_b.py", "cache/x", "cache/deep/y", "a[1]"]


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("*.py", {"a.py", "test_a.py", "sub/b.py", "sub/test_b.py"}),
        ("**/*.py", {"sub/b.py", "sub/test_b.py"}),
        ("cache/*", {"cache/x", "cache/deep/y"}),
        ("test_*.py", {"test_a.py"}),
        ("?.py", {"a.py"}),
        ("[!a].PY", {"B.PY"}),
        ("a[[]1]", {"a[1]"}),
        ("sub?b.py", {"sub/b.py"}),
        ("", set()),
    ],
)
async def test_patterns_are_matched_against_the_whole_relative_path(storage, io, pattern, taken):
    await make(storage, io, "mem:src", FILES)
    heard = Heard()
    await io(storage.node("mem:src").copy_to("home:dst", include=[pattern], on_file=heard.on_file))
    assert {path.removeprefix("src/") for _, path in heard.events} == taken
    heard.events.clear()
    await io(storage.node("mem:src").copy_to("home:rest", exclude=(pattern,), on_file=heard.on_file))
    assert {path.removeprefix("src/") for _, path in heard.events} == set(FILES) - taken


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("*.py", {"a.py", "test_a.py"}),
        ("**/*.py", {"a.py", "test_a.py", "sub/b.py", "sub/test_b.py"}),
        ("**/test_*.py", {"test_a.py", "sub/test_b.py"}),
        ("cache/*", {"cache/x"}),
        ("cache/**", {"cache/x", "cache/deep/y"}),
        ("**", set(FILES)),
        ("*/*", {"sub/b.py", "sub/test_b.py", "cache/x"}),
        ("cache/**/y", {"cache/deep/y"}),
        ("sub?b.py", set()),
        ("/sub//b.py", {"sub/b.py"}),
    ],
)
async def test_with_glob_a_star_stays_within_a_folder_and_two_do_not(storage, io, pattern, taken):
    await make(storage, io, "mem:src", FILES)
    heard = Heard()
    await io(storage.node("mem:src").copy_to("home:dst", include=pattern, on_file=heard.on_file, glob=True))
    assert {path.removeprefix("src/") for _, path in heard.events} == taken


async def test_counterparts_of_folders_appear_also_when_all_in_them_is_left_out(storage, io):
    await make(storage, io, "mem:src", ["keep/a", "cache/x", "cache/deep/y"])
    await io(storage.node("mem:src").copy_to("home:dst", exclude="cache/*"))
    assert set(await tree(io, storage.node("home:dst"))) == {"keep", "keep/a", "cache", "cache/deep"}


async def test_with_glob_an_excluded_folder_is_left_out_whole_and_told_once(storage, io):
    await make(storage, io, "mem:src", ["keep/a", "cache/x", "cache/deep/y", "keep/cache/z"])
    heard = Heard()
    await io(storage.node("mem:src").copy_to("home:dst", exclude="**/cache", glob=True, **heard.all))
    assert set(await tree(io, storage.node("home:dst"))) == {"keep", "keep/a"}
    assert heard.skipped == dict.fromkeys(["src/cache", "src/keep/cache"], "matching exclude pattern '**/cache'")
    assert ("progress", 1, 1) in heard.events


async def test_excluded_files_are_told_during_the_walk_and_count_in_neither_number(storage, mount, io):
    await make(storage, io, f"{mount}:src", ["a", "b.log", "c/d", "c/e.log"])
    heard = Heard()
    await io(storage.node(mount, "src").copy_to("mem:dst", exclude="*.log", **heard.all))
    reason = "matching exclude pattern '*.log'"
    assert heard.events == [
        ("skip", "src/b.log", reason),
        ("skip", "src/c/e.log", reason),
        ("file", "src/a"),
        ("progress", 1, 2),
        ("file", "src/c/d"),
        ("progress", 2, 2),
    ]
    heard.events.clear()
    await io(storage.node(mount, "src").copy_to("mem:dst", include="nothing", progress=heard.progress))
    assert heard.events == []


async def test_options_may_be_given_by_position(storage, io):
    await make(storage, io, "mem:src", ["a.py", "b.py", "c.txt"])
    heard = Heard()
    await io(
        storage.node("mem:src").copy_to(
            "home:dst",
            ["*.py"],
            "b*",
            lambda node, path: True,
            "never",
            None,
            heard.progress,
            heard.on_file,
            heard.on_skip,
        )
    )
    assert [event for event in heard.events if event[0] != "skip"] == [("file", "src/a.py"), ("progress", 1, 1)]


# Between stores


@pytest.fixture(params=["mem", "home", "other", "minio", "versitygw", "part"])
def target(request, storage, root):
    """The name of a second mount of every kind."""
    if request.param in ("minio", "versitygw"):
        storage.add_mount(s3_mount("far", request.param))
        return "far"
    if request.param == "part":
        storage.add_mount({"name": "part", "path": "mem:below", "permissions": "readwrite"})
    return request.param


@pytest.mark.parametrize("options", [{}, {"skip": "hash"}], ids=["plain", "skipping"])
async def test_files_and_folders_go_from_every_mount_to_every_other(storage, mount, io, target, options):
    await make(storage, io, f"{mount}:src", ["a", "sub/b", "sub/deep/c"])
    await io(storage.node(mount, "src/large").write_bytes(b"large" * 300_000))
    source, dest = storage.node(mount, "src"), storage.node(target, "dst/in")
    assert await io(source.copy_to(dest, **options)) is dest
    copied = await tree(io, dest)
    assert copied.pop("large") == "large" * 300_000
    assert {name: text for name, text in copied.items() if text} == {
        name: f"text of {name}" for name in ("a", "sub/b", "sub/deep/c")
    }
    one = storage.node(target, "one/file")
    assert await io(source.child("sub/b").copy_to(one, **options)) is one
    assert await io(one.read_text()) == "text of sub/b"
    assert await io(source.is_dir()) is True
    if target == "far":
        await io(storage.node("far:").delete())


def media_type(url):
    with urlopen(url) as answer:
        return answer.headers["Content-Type"]


@pytest.mark.parametrize("mount", ["minio", "versitygw"], indirect=True)
async def test_media_types_come_along_and_are_made_from_names(storage, mount, io):
    await io(storage.node("home:page.html").write_text("<p>"))
    await io(storage.node("home:page.html").copy_to(storage.node(mount, "page.html")))
    await io(storage.node(mount, "page.html").copy_to(storage.node(mount, "renamed")))
    await io(storage.node(mount, "renamed").copy_to("home:back"))
    assert await io(storage.node("home:back").read_text()) == "<p>"
    assert media_type(storage.node(mount, "renamed").url()) == "text/html"


@pytest.mark.loop_only
async def test_move_to_does_nothing_before_it_is_awaited(storage):
    await storage.node("mem:a").write_text("x")
    node = storage.node("mem:a")
    pending = node.move_to("mem:b")
    assert node.fullpath == "mem:a"
    assert await storage.node("mem:a").exists() is True
    assert await pending is node
    assert node.fullpath == "mem:b"
