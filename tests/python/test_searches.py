"""What pathlib has of folders: patterns, walks, and searches below a folder."""

import copy
import os
import pickle
from datetime import UTC, datetime

import pytest

from genro_storage import StorageNode
from genro_storage.exceptions import StorageDetachedError
from test_derived_nodes import Tagged

FILES = ("a.txt", "b.py", "docs/a.txt", "docs/deep/c.txt", "docs/deep/d.PY", "docs-old/a.txt", "src/app/main.py")


async def plant(storage, io, mount, files=FILES):
    for name in files:
        await io(storage.node(mount, "t", name).write_text(name))
    return storage.node(mount, "t")


def paths(nodes, below="t"):
    assert isinstance(nodes, list)
    assert all(isinstance(node, StorageNode) for node in nodes)
    return [node.path.removeprefix(f"{below}/") for node in nodes]


def missing_and_file(storage, mount):
    return storage.node(mount, "t/missing"), storage.node(mount, "t/a.txt")


async def test_iterdir_is_children(storage, mount, io):
    folder = await plant(storage, io, mount)
    assert paths(await io(folder.iterdir())) == ["a.txt", "b.py", "docs", "docs-old", "src"]
    assert paths(await io(folder.iterdir())) == paths(await io(folder.children()))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.txt", ["a.txt"]),
        ("*", ["a.txt", "b.py", "docs", "docs-old", "src"]),
        ("*/", ["docs", "docs-old", "src"]),
        ("docs*/a.txt", ["docs/a.txt", "docs-old/a.txt"]),
        ("*/*.txt", ["docs/a.txt", "docs-old/a.txt"]),
        ("**/*.py", ["b.py", "src/app/main.py"]),
        ("**/a.txt", ["a.txt", "docs/a.txt", "docs-old/a.txt"]),
        ("docs/**/*.txt", ["docs/a.txt", "docs/deep/c.txt"]),
        ("docs/**", ["docs/a.txt", "docs/deep", "docs/deep/c.txt", "docs/deep/d.PY"]),
        ("**/", ["docs", "docs/deep", "docs-old", "src", "src/app"]),
        ("**/deep/?.[!t]*", ["docs/deep/d.PY"]),
        ("docs/deep/c.txt", ["docs/deep/c.txt"]),
        ("./docs//deep", ["docs/deep"]),
        ("docs/deep/", ["docs/deep"]),
        ("a.txt/", []),
        ("a.txt/*", []),
        ("a.txt/x", []),
        ("none/*", []),
        ("none", []),
        ("*/none", []),
    ],
)
async def test_glob_has_real_glob_rules(storage, mount, io, pattern, found):
    folder = await plant(storage, io, mount)
    assert paths(await io(folder.glob(pattern))) == found


async def test_rglob_looks_in_every_folder(storage, mount, io):
    folder = await plant(storage, io, mount)
    assert paths(await io(folder.rglob("*.py"))) == ["b.py", "src/app/main.py"]
    assert paths(await io(folder.rglob("deep/*.txt"))) == ["docs/deep/c.txt"]
    assert paths(await io((folder / "docs").rglob("a.txt"))) == ["docs/a.txt"]


@pytest.mark.parametrize("pattern", ["", "/", "/a", ".", "..", "a/../b", "**/.."])
async def test_patterns_that_cannot_be_are_refused(storage, io, pattern):
    folder = await plant(storage, io, "mem", ["a"])
    with pytest.raises(ValueError, match="pattern"):
        await io(folder.glob(pattern))
    with pytest.raises(ValueError, match="pattern"):
        await io(folder.rglob(pattern))


async def test_walk_gives_each_folder_before_those_in_it(storage, mount, io):
    folder = await plant(storage, io, mount)
    walked = await io(folder.walk())
    assert [(place.path, paths(folders), paths(files)) for place, folders, files in walked] == [
        ("t", ["docs", "docs-old", "src"], ["a.txt", "b.py"]),
        ("t/docs", ["docs/deep"], ["docs/a.txt"]),
        ("t/docs/deep", [], ["docs/deep/c.txt", "docs/deep/d.PY"]),
        ("t/docs-old", [], ["docs-old/a.txt"]),
        ("t/src", ["src/app"], []),
        ("t/src/app", [], ["src/app/main.py"]),
    ]
    assert all(type(step) is tuple for step in walked)


async def test_walk_finds_what_pathlib_finds(storage, io, tmp_path):
    await plant(storage, io, "home")
    walked = await io(storage.node("home:").walk())
    base = str(tmp_path / "home")
    found = {os.path.relpath(place, base): (sorted(folders), sorted(files)) for place, folders, files in os.walk(base)}
    assert {
        place.path or ".": ([n.name for n in folders], [n.name for n in files]) for place, folders, files in walked
    } == found


async def test_find_combines_its_conditions(storage, mount, io):
    folder = await plant(storage, io, mount)
    assert paths(await io(folder.find("a.*"))) == ["a.txt", "docs/a.txt", "docs-old/a.txt"]
    assert paths(await io(folder.find(name="d*"))) == ["docs", "docs/deep", "docs/deep/d.PY", "docs-old"]
    assert paths(await io(folder.find("d*", "file"))) == ["docs/deep/d.PY"]
    assert paths(await io(folder.find(type="folder"))) == ["docs", "docs/deep", "docs-old", "src", "src/app"]
    assert paths(await io(folder.find(min_size=15))) == ["docs/deep/c.txt", "src/app/main.py"]
    assert paths(await io(folder.find(max_size=5))) == ["a.txt", "b.py"]
    assert paths(await io(folder.find("*.py", min_size=4, max_size=4))) == ["b.py"]
    assert paths(await io(folder.find(type="folder", min_size=0))) == []
    assert len(await io(folder.find())) == len(FILES) + 5


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_a_time_is_the_same_whoever_asks(storage, mount, io):
    node = storage.node(mount, "a")
    for _ in range(50):
        await io(node.write_text("x"))
        assert await io(node.mtime()) == node.ext_attributes[0]


async def test_find_compares_times_as_mtime_tells_them(storage, mount, io):
    folder = await plant(storage, io, mount, ["a", "d/b"])
    mtime = await io((folder / "a").mtime())
    assert paths(await io(folder.find("a", newer_than=mtime - 1))) == ["a"]
    assert paths(await io(folder.find("a", older_than=mtime))) == []
    assert paths(await io(folder.find("a", older_than=mtime + 1))) == ["a"]
    if mount in ("mem", "home"):  # S3 tells whole seconds of one object and milliseconds in a listing
        assert paths(await io(folder.find("a", newer_than=mtime))) == []
    after = datetime.fromtimestamp(mtime + 60, tz=UTC)
    assert paths(await io(folder.find(type="file", older_than=after))) == ["a", "d/b"]
    assert paths(await io(folder.find(newer_than=after))) == []


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"type": "socket"}, ValueError),
        ({"min_size": -1}, ValueError),
        ({"max_size": 1.5}, TypeError),
        ({"newer_than": float("nan")}, ValueError),
        ({"older_than": "yesterday"}, TypeError),
        ({"size": 1}, TypeError),
        ({"name": 5}, TypeError),
    ],
)
async def test_find_refuses_what_makes_no_sense(storage, io, arguments, error):
    with pytest.raises(error):
        await io(storage.node("mem:").find(**arguments))


async def test_du_counts_all_below(storage, mount, io):
    folder = await plant(storage, io, mount)
    usage = await io(folder.du())
    assert usage == (sum(map(len, FILES)), len(FILES), 5)
    assert (usage.size, usage.files, usage.folders) == tuple(usage)
    assert pickle.loads(pickle.dumps(usage)) == copy.copy(usage) == usage
    assert await io((folder / "src/app").du()) == (len("src/app/main.py"), 1, 0)


async def test_tree_draws_the_folder(storage, mount, io):
    folder = await plant(storage, io, mount)
    await io((folder / "b.py").write_bytes(bytes(1536)))
    text = await io(folder.tree())
    assert (
        text
        == f"""\
{mount}:t
├── a.txt (5 B)
├── b.py (1.5 KiB)
├── docs/
│   ├── a.txt (10 B)
│   └── deep/
│       ├── c.txt (15 B)
│       └── d.PY (14 B)
├── docs-old/
│   └── a.txt (14 B)
└── src/
    └── app/
        └── main.py (15 B)

5 folders, 7 files, 1.6 KiB"""
    )
    assert (
        await io(folder.tree(max_depth=1))
        == f"""\
{mount}:t
├── a.txt (5 B)
├── b.py (1.5 KiB)
├── docs/
├── docs-old/
└── src/

3 folders, 2 files, 1.5 KiB"""
    )
    assert (await io(folder.tree(2))).count("\n") == 11
    assert await io(folder.tree(0)) == f"{mount}:t\n\n0 folders, 0 files, 0 B"
    assert await io((folder / "src/app").tree()) == f"{mount}:t/src/app\n└── main.py (15 B)\n\n0 folders, 1 file, 15 B"


async def test_a_name_cannot_break_the_picture(storage, io):
    folder = await plant(storage, io, "mem", ["a\nb\x1b[2J"])
    assert (await io(folder.tree())).splitlines()[1] == "└── a?b?[2J (7 B)"


@pytest.mark.parametrize("depth", [-1, "2", 1.5])
async def test_a_depth_is_a_number(storage, io, depth):
    with pytest.raises((TypeError, ValueError)):
        await io(storage.node("mem:").tree(depth))


SEARCHES = {
    "iterdir": lambda node: node.iterdir(),
    "glob": lambda node: node.glob("*"),
    "glob of a name": lambda node: node.glob("x"),
    "glob of folders": lambda node: node.glob("x/*"),
    "rglob": lambda node: node.rglob("*"),
    "walk": lambda node: node.walk(),
    "find": lambda node: node.find(),
    "find files": lambda node: node.find(type="file"),
    "du": lambda node: node.du(),
    "tree": lambda node: node.tree(),
    "tree of some depth": lambda node: node.tree(max_depth=2),
    "tree of no depth": lambda node: node.tree(max_depth=0),
}


@pytest.mark.parametrize("search", SEARCHES)
async def test_searches_need_a_folder(storage, mount, io, search):
    await plant(storage, io, mount)
    missing, file = missing_and_file(storage, mount)
    with pytest.raises(FileNotFoundError, match="missing"):
        await io(SEARCHES[search](missing))
    with pytest.raises(ValueError, match="not a directory"):
        await io(SEARCHES[search](file))
    with pytest.raises(ValueError, match="no directory structure"):
        await io(SEARCHES[search](storage.node("b64:eA==")))


@pytest.mark.parametrize("search", SEARCHES)
async def test_searches_of_an_empty_mount_find_nothing(storage, mount, io, search):
    result = await io(SEARCHES[search](storage.node(mount, "")))
    if search == "walk":
        assert [(place.path, folders, files) for place, folders, files in result] == [("", [], [])]
    elif search.startswith("tree"):
        assert result == f"{mount}:\n\n0 folders, 0 files, 0 B"
    else:
        assert result in ([], (0, 0, 0))


@pytest.mark.parametrize("search", SEARCHES)
async def test_virtual_nodes_have_no_folder_to_search(storage, io, search):
    for node in (storage.iternode(), storage.node()):
        with pytest.raises(StorageDetachedError):
            await io(SEARCHES[search](node))


@pytest.mark.parametrize("search", SEARCHES)
async def test_a_snapshot_is_no_folder(file, vault, io, search):
    snapshot = vault.node("vault:dir/a.txt", version=0)
    with pytest.raises(ValueError, match="not a directory"):
        await io(SEARCHES[search](snapshot))


async def test_links_are_found_and_not_entered(storage, io, tmp_path):
    folder = await plant(storage, io, "home", ["d/a.txt", "e/b.txt"])
    base = tmp_path / "home" / "t"
    (base / "d" / "back").symlink_to("..")
    (base / "side").symlink_to("e")
    (base / "f").symlink_to("d/a.txt")
    (base / "nowhere").symlink_to("none")
    assert paths(await io(folder.rglob("*"))) == [
        "d", "d/a.txt", "d/back", "e", "e/b.txt", "f", "nowhere", "side",
    ]  # fmt: skip
    assert paths(await io(folder.glob("*/*.txt"))) == ["d/a.txt", "e/b.txt", "side/b.txt"]
    assert paths(await io(folder.find(type="file"))) == ["d/a.txt", "e/b.txt", "f"]
    walked = await io(folder.walk())
    assert [(place.path, paths(folders), paths(files)) for place, folders, files in walked] == [
        ("t", ["d", "e", "side"], ["f", "nowhere"]),
        ("t/d", ["d/back"], ["d/a.txt"]),
        ("t/e", [], ["e/b.txt"]),
    ]
    assert await io(folder.du()) == (len("d/a.txt") + len("e/b.txt"), 3, 4)
    assert "├── f (link)\n├── nowhere (link)\n└── side/ (link)\n" in await io(folder.tree())
    assert "│   └── back/ (link)\n" in await io(folder.tree(5))


async def test_deep_trees_need_no_stack(storage, io):
    depth = 1500
    name = "/".join(["d"] * depth)
    folder = await plant(storage, io, "mem", [f"{name}/leaf"])
    assert len(await io(folder.walk())) == depth + 1
    assert len(await io(folder.rglob("leaf"))) == 1
    assert await io(folder.du()) == (len(f"{name}/leaf"), 1, depth)


async def test_more_than_one_page_is_found(storage, mount, io):
    files = [f"d{i % 3}/f{i:04}" for i in range(0, 1200, 1 if mount in ("mem", "home") else 60)]
    folder = await plant(storage, io, mount, files)
    assert paths(await io(folder.glob("*/f*"))) == sorted(files)
    assert paths(await io(folder.find("f*"))) == sorted(files)
    assert (await io(folder.du())).files == len(files)


async def test_nodes_that_derived_classes_find_are_made_by_their_hook(storage, io):
    await plant(storage, io, "mem")
    folder = Tagged(storage, "mem", "t", tag="blue")
    made = await io(folder.iterdir())
    made += await io(folder.glob("*"))
    made += await io(folder.rglob("*.py"))
    made += await io(folder.find(type="file"))
    for place, folders, files in await io(folder.walk()):
        made += [place, *folders, *files]
    assert len(made) > 25
    assert {(type(node), node.tag) for node in made} == {(Tagged, "blue")}
