"""Copying and moving: what is taken, what is left out, who is told, and what stays whole."""

import functools
import hashlib
import logging
import os
import socket
import stat
from urllib.request import urlopen

import pytest

from genro_storage import SkipStrategy, StorageManager, StoragePermissionError


@pytest.fixture
def root(storage):
    """The folder behind `home`, which also has a second local mount, `other`, beside it."""
    folder = storage.node("home:").resolved_path
    os.mkdir(folder + "-other")
    storage.add_mount({"name": "other", "protocol": "local", "base_path": folder + "-other"})
    return folder


async def make(storage, io, address, files):
    for name in files:
        await io(storage.node(address, name).write_text(f"text of {name}"))


async def tree(io, node):
    """Everything below: files with their text, folders with None."""
    found = {}
    for child in await io(node.children()):
        if await io(child.is_dir()):
            found[child.basename] = None
            found |= {f"{child.basename}/{name}": text for name, text in (await tree(io, child)).items()}
        else:
            found[child.basename] = await io(child.read_text())
    return found


class Heard:
    """Keeps what the callbacks of a copy are told."""

    def __init__(self):
        self.events = []
        self.errors = []

    def on_file(self, node):
        self.events.append(("file", node.path))

    def on_skip(self, node, reason):
        self.events.append(("skip", node.path, reason))

    def progress(self, done, total):
        self.events.append(("progress", done, total))

    def on_error(self, node, error):
        self.errors.append((node.path, error))

    @property
    def all(self):
        return {"on_file": self.on_file, "on_skip": self.on_skip, "progress": self.progress}

    @property
    def skipped(self):
        return {path: reason for kind, path, *rest in self.events if kind == "skip" for reason in rest}


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


async def test_a_file_onto_itself_is_refused_on_local_mounts_and_nothing_elsewhere(storage, io, root):
    storage.add_mount({"name": "again", "protocol": "local", "base_path": os.path.dirname(root)})
    await make(storage, io, "mem:", ["a"])
    await make(storage, io, "home:", ["a"])
    os.symlink("a", root + "/link")
    await io(storage.node("mem:a").copy_to("mem:a"))
    for dest in ("home:a", "again:home/a", "home:link"):
        with pytest.raises(OSError, match="same file"):
            await io(storage.node("home:a").copy_to(dest))
    assert await io(storage.node("home:a").read_text()) == "text of a"


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


async def test_unfinished_files_are_neither_listed_nor_copied(storage, io, root):
    await make(storage, io, "home:t", ["a"])
    with open(f"{root}/t/.b.0123456789abcdef0123456789abcdef.tmp", "w") as unfinished:
        unfinished.write("half of b")
    assert [node.basename for node in await io(storage.node("home:t").children())] == ["a"]
    for options in ({}, {"skip": "size"}, {"on_file": lambda node: None}):
        await io(storage.node("home:t").copy_to("other:t", **options))
    assert os.listdir(root + "-other/t") == ["a"]
    await io(storage.node("home:t").delete())
    assert not os.path.exists(root + "/t")


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


# Skipping


async def test_each_strategy_says_why_it_skipped(storage, mount, io):
    await make(storage, io, f"{mount}:src", ["same"])
    await io(storage.node(mount, "src/size").write_text("12345"))
    await io(storage.node(mount, "src/other").write_text("123456"))
    dest = storage.node("home:dst")
    await make(storage, io, "home:dst", ["same"])
    await io(dest.child("size").write_text("54321"))
    await io(dest.child("other").write_text("1"))
    reasons = {
        "never": {},
        "exists": dict.fromkeys(["src/same", "src/size", "src/other"], "destination exists"),
        "size": {"src/same": "same size (12 bytes)", "src/size": "same size (5 bytes)"},
        "hash": {"src/same": f"same content (MD5: {hashlib.md5(b'text of same').hexdigest()[:8]}...)"},
        "custom": dict.fromkeys(["src/size"], "custom function returned True"),
    }
    for skip, expected in sorted(reasons.items(), key=lambda item: item[0] == "never"):
        for given in (skip, SkipStrategy(skip)):
            heard = Heard()
            scratch = storage.node("mem:scratch")
            await io(dest.copy_to(scratch))
            await io(
                storage.node(mount, "src").copy_to(
                    scratch, skip=given, skip_fn=lambda a, b: a.basename == "size", on_skip=heard.on_skip
                )
            )
            assert heard.skipped == expected


async def test_what_is_not_at_the_destination_is_copied_unasked(storage, io):
    await make(storage, io, "mem:src", ["a", "b"])
    await make(storage, io, "home:dst", ["b"])
    asked = []
    for skip in ("exists", "size", "hash"):
        await io(storage.node("mem:src").copy_to(f"mem:{skip}", skip=skip))
        assert set(await tree(io, storage.node(f"mem:{skip}"))) == {"a", "b"}
    await io(storage.node("mem:src").copy_to("home:dst", skip="custom", skip_fn=lambda a, b: asked.append(a.basename)))
    assert asked == ["b"]
    await io(storage.node("mem:src/a").copy_to("home:new", skip=lambda a, b: asked.append("a")))
    assert asked == ["b"]


async def test_a_function_given_as_skip_is_the_custom_strategy(storage, io):
    await make(storage, io, "mem:src", ["a", "b"])
    await make(storage, io, "home:dst", ["a", "b"])
    heard = Heard()
    await io(
        storage.node("mem:src").copy_to("home:dst", skip=lambda src, dst: src.basename == "a", on_skip=heard.on_skip)
    )
    assert heard.skipped == {"src/a": "custom function returned True"}
    with pytest.raises(ValueError, match="skip_fn would be a second one"):
        await io(storage.node("mem:src").copy_to("home:dst", skip=lambda a, b: True, skip_fn=lambda a, b: True))


@pytest.mark.parametrize("skip", ["newer", "Never", "", "custom "])
async def test_an_unknown_strategy_is_an_error(storage, io, skip):
    await make(storage, io, "mem:", ["a"])
    with pytest.raises(ValueError, match="unknown skip strategy"):
        await io(storage.node("mem:a").copy_to("home:a", skip=skip))


async def test_a_failed_comparison_copies_and_is_told(storage, io, caplog):
    await make(storage, io, "mem:src", ["a", "b"])
    await make(storage, io, "home:dst", ["a"])
    await io(storage.node("home:dst/a").write_text("older"))
    reason = KeyError("no such column")

    def compare(source, dest):
        raise reason

    heard = Heard()
    await io(storage.node("mem:src").copy_to("home:dst", skip=compare, on_error=heard.on_error))
    assert heard.errors == [("src/a", reason)]
    assert heard.errors[0][1] is reason
    assert await io(storage.node("home:dst/a").read_text()) == "text of a"
    await io(storage.node("mem:src/a").copy_to("home:dst/a", skip=compare, on_error=heard.on_error))
    assert len(heard.errors) == 2
    with caplog.at_level(logging.WARNING, "genro_storage"):
        await io(storage.node("mem:src").copy_to("home:dst", skip=compare))  # nobody listens: the log does
    assert "mem:src/a" in caplog.text
    assert "no such column" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_what_cannot_be_read_for_comparison_is_told_and_copied_over(storage, io, root):
    await make(storage, io, "mem:src", ["a"])
    await make(storage, io, "home:dst", ["a"])
    os.chmod(root + "/dst/a", 0)
    heard = Heard()
    await io(storage.node("mem:src").copy_to("home:dst", skip="hash", on_error=heard.on_error))
    assert [(path, type(error)) for path, error in heard.errors] == [("src/a", StoragePermissionError)]


@pytest.mark.parametrize("mount", ["minio", "versitygw"], indirect=True)
async def test_hash_takes_no_opaque_etag_for_an_md5(storage, mount, io):
    """An object of several parts has an ETag that is no MD5: its content is compared."""
    data = bytes(range(256)) * (72 << 10)  # 18 MiB
    await io(storage.node("home:src/large").write_bytes(data))
    await io(storage.node("home:src/small").write_bytes(b"small"))
    await io(storage.node("home:src").copy_to(storage.node(mount, "dst")))
    heard = Heard()
    await io(storage.node("home:src").copy_to(storage.node(mount, "dst"), skip="hash", **heard.all))
    assert [reason[:18] for reason in heard.skipped.values()] == ["same content (MD5:"] * 2
    await io(storage.node("home:src/large").write_bytes(data[:-1] + b"!"))
    heard = Heard()
    await io(storage.node("home:src").copy_to(storage.node(mount, "dst"), skip="hash", **heard.all))
    assert list(heard.skipped) == ["src/small"]


# Callbacks


async def test_callbacks_get_source_nodes_whose_methods_give_values(storage, io):
    await make(storage, io, "mem:src", ["a"])
    sizes = []
    options = {
        "filter": lambda node, path: sizes.append(node.size()) or True,
        "on_file": lambda node: sizes.append(node.read_text()),
    }
    await io(storage.node("mem:src").copy_to("home:dst", **options))
    assert sizes == [9, "text of a"]


class AsyncCallable:
    async def __call__(self, *_):
        return True

    async def method(self, *_):
        return True


async def coroutine_function(*_):
    return True


@pytest.mark.parametrize("name", ["filter", "skip", "skip_fn", "progress", "on_file", "on_skip", "on_error"])
@pytest.mark.parametrize(
    "function",
    [coroutine_function, AsyncCallable(), AsyncCallable().method, functools.partial(coroutine_function, 1)],
    ids=["function", "object", "method", "partial"],
)
async def test_coroutine_functions_are_refused_as_callbacks(storage, io, name, function):
    await make(storage, io, "mem:src", ["a"])
    with pytest.raises(TypeError, match="must be a plain function"):
        await io(storage.node("mem:src").copy_to("home:dst", **{name: function}))
    assert await io(storage.node("home:dst").exists()) is False


@pytest.mark.parametrize("name", ["progress", "on_file"])
async def test_a_callback_that_gives_an_awaitable_ends_the_copy(storage, io, name):
    await make(storage, io, "mem:src", ["a"])
    with pytest.raises(TypeError, match="plain function"):
        await io(storage.node("mem:src").copy_to("home:dst", **{name: lambda *args: coroutine_function(*args)}))


async def test_what_is_no_function_is_no_callback(storage, io):
    await make(storage, io, "mem:src", ["a"])
    with pytest.raises(TypeError, match="not callable"):
        await io(storage.node("mem:src").copy_to("home:dst", on_file="print"))


# What cannot be copied


@pytest.fixture
def odd_tree(root):
    """A folder with a file, and with everything that has no copy."""
    os.mkdir(root + "/odd")
    with open(root + "/odd/file", "w") as file:
        file.write("text")
    os.mkfifo(root + "/odd/fifo")
    os.symlink("nowhere", root + "/odd/dangling")
    os.symlink("/etc", root + "/odd/outside")
    os.symlink("/etc/hostname", root + "/odd/outside-file")
    os.symlink("self", root + "/odd/self")
    here = os.getcwd()
    os.chdir(root + "/odd")  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
    os.chdir(here)
    return "home:odd"


LINK = "a link that leads nowhere or out of the mount"
ODD = {
    "dangling": LINK,
    "fifo": "neither a file nor a folder",
    "outside": LINK,
    "outside-file": LINK,
    "self": LINK,
    "socket": "neither a file nor a folder",
}


@pytest.mark.parametrize("dest", ["other:dst", "mem:dst"])
async def test_what_has_no_copy_is_left_out_and_told(storage, io, odd_tree, dest, caplog):
    heard = Heard()
    await io(storage.node(odd_tree).copy_to(dest, on_error=heard.on_error, **heard.all))
    assert heard.skipped == {f"odd/{name}": reason for name, reason in ODD.items()}
    assert ("progress", 1, 1) in heard.events
    assert not heard.errors
    assert await tree(io, storage.node(dest)) == {"file": "text"}
    await io(storage.node(odd_tree).copy_to(dest, on_error=heard.on_error))
    assert sorted(path for path, _ in heard.errors) == sorted(heard.skipped)
    with caplog.at_level(logging.WARNING, "genro_storage"):
        await io(storage.node(odd_tree).copy_to(dest))
    assert len(caplog.records) == len(ODD)


async def test_one_of_them_alone_is_an_error(storage, io, odd_tree):
    for name in ("fifo", "socket"):
        with pytest.raises(ValueError, match="neither a file nor a directory"):
            await io(storage.node(odd_tree, name).copy_to("other:x"))
        with pytest.raises(ValueError):
            await io(storage.node(odd_tree, name).read_bytes())
        assert await io(storage.node(odd_tree, name).exists()) is True
        assert await io(storage.node(odd_tree, name).is_file()) is False
    for name in ("outside", "outside-file", "self", "dangling"):
        assert await io(storage.node(odd_tree, name).exists()) is False
        with pytest.raises((ValueError, FileNotFoundError)):
            await io(storage.node(odd_tree, name).copy_to("other:x"))


async def test_deleting_takes_them_away_and_not_what_links_lead_to(storage, io, odd_tree, root):
    for name in ODD:
        await io(storage.node(odd_tree, name).delete())
    assert os.listdir(root + "/odd") == ["file"]
    assert os.path.exists("/etc")


async def test_links_inside_are_followed_and_those_that_lead_back_end(storage, io, root):
    await make(storage, io, "home:t", ["sub/a"])
    os.symlink("sub/a", root + "/t/link")
    os.symlink("..", root + "/t/sub/back")
    await io(storage.node("home:t").copy_to("other:t"))
    copied = await tree(io, storage.node("other:t"))
    assert copied["link"] == "text of sub/a"
    assert os.path.isdir(root + "-other/t/sub/back")


# Moving


async def test_a_moved_node_belongs_to_the_manager_of_its_destination(storage, io, root):
    beside = StorageManager()
    beside.configure([{"name": "there", "protocol": "local", "base_path": root}])
    await make(storage, io, "mem:", ["a"])
    node = storage.node("mem:a")
    assert await io(node.move_to(beside.node("there:b"))) is node
    assert (node.fullpath, node.child("x").fullpath, node.parent.fullpath) == ("there:b", "there:b/x", "there:")
    assert await io(node.read_text()) == "text of a"
    assert await io(node.copy_to("there:c")) == beside.node("there:c")


async def test_moving_to_the_same_place_does_nothing(storage, mount, io):
    await make(storage, io, f"{mount}:", ["a", "t/b"])
    for name in ("a", "t"):
        node = storage.node(mount, name)
        assert await io(node.move_to(storage.node(mount, name))) is node
        assert await io(node.exists()) is True
    assert await io(storage.node(mount, "t/b").read_text()) == "text of t/b"


async def test_one_file_under_two_names_survives_a_move_between_them(storage, io, root):
    storage.add_mount({"name": "above", "protocol": "local", "base_path": os.path.dirname(root)})
    await make(storage, io, "home:", ["a", "t/b"])
    os.symlink("a", root + "/link")
    os.symlink("t", root + "/folder-link")
    for source, dest in (("home:a", "above:home/a"), ("home:link", "home:a"), ("home:folder-link", "home:t")):
        await io(storage.node(source).move_to(dest))
    assert await io(storage.node("home:a").read_text()) == "text of a"
    assert await io(storage.node("home:t/b").read_text()) == "text of t/b"


@pytest.mark.parametrize("dest", ["home:moved", "other:moved", "mem:moved"])
async def test_a_moved_folder_is_gone_from_where_it_was(storage, io, root, dest):
    await make(storage, io, "home:src", ["a", "sub/b"])
    await io(storage.node("home:src/empty").mkdir())
    node = storage.node("home:src")
    await io(node.move_to(dest))
    assert node.fullpath == dest
    assert set(await tree(io, node)) == {"a", "sub", "sub/b", "empty"}
    assert not os.path.exists(root + "/src")


async def test_a_moved_folder_merges_with_what_is_there(storage, mount, io):
    await make(storage, io, f"{mount}:src", ["a", "sub/b"])
    await make(storage, io, f"{mount}:dst", ["a", "sub/own"])
    await io(storage.node(mount, "src").move_to(storage.node(mount, "dst")))
    assert set(await tree(io, storage.node(mount, "dst"))) == {"a", "sub", "sub/b", "sub/own"}
    assert await io(storage.node(mount, "src").exists()) is False


@pytest.mark.parametrize("level", ["readonly", "readwrite"])
async def test_a_move_without_the_right_to_delete_copies_nothing(storage, io, level):
    storage.add_mount({"name": "kept", "path": "mem:", "permissions": level})
    await make(storage, io, "mem:", ["a", "t/b"])
    for name in ("a", "t"):
        with pytest.raises(StoragePermissionError, match=f"does not have delete permission.*{level}"):
            await io(storage.node("kept", name).move_to("home:x"))
        await io(storage.node("kept", name).copy_to(f"home:{name}"))  # copying is reading
    with pytest.raises(PermissionError):
        await io(storage.node("b64:eA==").move_to("home:x"))
    assert await io(storage.node("home:x").exists()) is False


async def test_what_cannot_be_moved_stays_and_is_told(storage, io, odd_tree, root):
    heard = Heard()
    node = storage.node(odd_tree)
    await io(node.move_to("other:odd", on_error=heard.on_error))
    assert node.fullpath == "other:odd"
    assert sorted(path for path, _ in heard.errors) == sorted(f"odd/{name}" for name in ODD)
    assert sorted(os.listdir(root + "/odd")) == sorted(ODD)
    assert os.listdir(root + "-other/odd") == ["file"]


async def test_of_a_link_to_a_folder_only_the_link_is_moved_away(storage, io, root):
    await make(storage, io, "home:", ["real/a", "t/b"])
    os.symlink("../real", root + "/t/link")
    await io(storage.node("home:t").move_to("mem:t"))
    assert await io(storage.node("mem:t/link/a").read_text()) == "text of real/a"
    assert await io(storage.node("home:real/a").read_text()) == "text of real/a"
    assert not os.path.exists(root + "/t")
    os.symlink("real", root + "/alone")
    await io(storage.node("home:alone").move_to("mem:alone"))
    assert os.listdir(root) == ["real"]
    assert os.listdir(root + "/real") == ["a"]


# Between stores


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
