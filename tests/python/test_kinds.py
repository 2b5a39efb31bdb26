"""The wrong kind: folders as files, files as folders, names that cannot be, roots of mounts. And fresh answers."""

from __future__ import annotations

import shutil
import time

import pytest

FAR = ("minio", "versitygw")


async def kinds(storage, mount, io):
    await io(storage.node(mount, "d/f").write_text("text"))
    return storage.node(mount, "d"), storage.node(mount, "d/f")


async def test_a_folder_is_not_read_as_a_file(storage, mount, io):
    folder, _ = await kinds(storage, mount, io)
    error = FileNotFoundError if mount in FAR else IsADirectoryError
    for read in (folder.read, folder.read_text, folder.read_bytes, lambda: folder.read("rb")):
        with pytest.raises(error, match=f"{mount}:d"):
            await io(read())
    for mode in ("r", "rb"):
        with pytest.raises(error), folder.open(mode) as file:
            file.read()


@pytest.mark.parametrize("mount", ["mem", "home", "versitygw"], indirect=True)
async def test_a_folder_is_not_written_as_a_file(storage, mount, io):
    folder, file = await kinds(storage, mount, io)
    for write in (
        lambda: folder.write("x"),
        lambda: folder.write_text("x"),
        lambda: folder.write_bytes(b""),
        lambda: folder.write_bytes(b"x", skip_if_unchanged=True),
    ):
        with pytest.raises(IsADirectoryError, match=f"{mount}:d"):
            await io(write())
    for mode in ("w", "a", "wb", "ab"):
        with pytest.raises(IsADirectoryError), folder.open(mode) as opened:
            opened.write("x" if "b" not in mode else b"x")
    with pytest.raises(FileExistsError), folder.open("x") as opened:
        opened.write("x")
    assert await io(file.read_text()) == "text"
    assert await io(folder.is_dir()) is True


@pytest.mark.parametrize("mount", ["mem", "home", "versitygw"], indirect=True)
async def test_below_a_file_nothing_is_written(storage, mount, io):
    _, file = await kinds(storage, mount, io)
    for below in (file.child("x"), file.child("x/y")):
        with pytest.raises(NotADirectoryError):
            await io(below.write_text("x"))
        with pytest.raises(NotADirectoryError):
            await io(storage.node("b64:eA==").copy_to(below))
        with pytest.raises(NotADirectoryError), below.open("w") as opened:
            opened.write("x")
    assert await io(file.read_text()) == "text"


async def test_below_a_file_nothing_is(storage, mount, io):
    _, file = await kinds(storage, mount, io)
    below = file.child("x/y")
    assert await io(below.exists()) is False
    assert await io(below.is_file()) is False
    assert await io(below.is_dir()) is False
    assert below.ext_attributes == (None, None, False)
    for ask in (below.read_bytes, below.size, below.mtime, below.md5hash):
        with pytest.raises((FileNotFoundError, NotADirectoryError)):
            await io(ask())
    assert await io(below.delete()) is None
    with pytest.raises((FileNotFoundError, ValueError)):
        await io(below.children())
    assert await io(file.read_text()) == "text"


async def test_what_is_looked_for_below_a_file_is_missing(storage, mount, io):
    await io(storage.node(mount, "f").write_text("x"))
    for path in ("f/below", "f/far/below"):
        node = storage.node(mount, path)
        for look in (
            node.read_text,
            node.read_bytes,
            node.size,
            node.mtime,
            node.md5hash,
            node.to_base64,
            node.children,
        ):
            with pytest.raises(FileNotFoundError):
                await io(look())
        for mode in ("r", "rb"):
            with pytest.raises(FileNotFoundError), node.open(mode) as file:
                file.read()
        with pytest.raises(FileNotFoundError, match="Source not found"):
            await io(node.copy_to("mem:copy"))
        with pytest.raises(FileNotFoundError, match="Source not found"):
            await io(node.move_to("mem:copy"))
        for search in (node.walk, node.iterdir, node.tree, node.du):
            with pytest.raises(FileNotFoundError):
                await io(search())
    assert await io(storage.node(mount, "f").read_text()) == "x"


def test_the_place_below_a_file_can_be_named(storage, tmp_path):
    storage.node("home:f").write_text("x")
    node = storage.node("home:f/below/it")
    assert node.resolved_path == str(tmp_path / "home/f/below/it")
    with node.local_path("w") as path:
        assert path == node.resolved_path


async def test_names_that_cannot_be_are_not_there(storage, mount, io):
    for name in ("n" * 300, "n" * 1200, "n" * 5000, "d/" * 3000 + "x", "n" * 300 + "/x"):
        node = storage.node(mount, name)
        assert await io(node.exists()) is False
        assert await io(node.is_file()) is False
        assert await io(node.is_dir()) is False
        assert node.ext_attributes == (None, None, False)


async def test_the_root_of_a_mount_is_a_folder_also_when_it_is_empty(storage, mount, io):
    for root in (storage.node(mount), storage.node(mount, ""), storage.node(f"{mount}:/")):
        assert await io(root.exists()) is True
        assert await io(root.is_file()) is False
        assert await io(root.is_dir()) is True
        assert await io(root.children()) == []
        assert type(await io(root.mtime())) is float
        with pytest.raises(ValueError, match="directory"):
            await io(root.size())
        with pytest.raises(FileExistsError):
            await io(root.mkdir())
        assert await io(root.mkdir(exist_ok=True)) is None
        with pytest.raises(IsADirectoryError):
            await io(root.write_text("x"))


async def test_the_root_of_a_relative_mount_can_be_made_and_deleted_like_a_folder(storage, mount, io):
    places = ["not/there", "nor/here", "or/there", "else"]
    for number, place in enumerate(places):
        storage.add_mount({"name": f"below{number}", "path": f"{mount}:{place}"})
    roots = [storage.node(f"below{number}:") for number in range(4)]
    await io(roots[3].delete())  # nothing is there: no error
    await io(roots[0].mkdir())
    await io(roots[1].mkdir(parents=True))
    await io(roots[2].mkdir(exist_ok=True))
    await io(roots[3].mkdir(parents=True, exist_ok=True))
    if mount in ("mem", "home"):  # keys of S3 imply folders: nothing is made there
        for root, place in zip(roots, places, strict=True):
            assert await io(root.is_dir()) is True
            assert await io(storage.node(mount, place).is_dir()) is True
            with pytest.raises(FileExistsError):
                await io(root.mkdir())
            with pytest.raises(FileExistsError):
                await io(root.mkdir(parents=True))
    for root in roots:
        await io(root.delete())
        await io(root.child("f").write_text("x"))
        assert [child.path for child in await io(root.children())] == ["f"]


async def test_the_folder_of_a_local_mount_may_go_and_come_back(storage, io, tmp_path):
    home = tmp_path / "home"
    root = storage.node("home:")
    for make in (
        lambda: root.mkdir(),
        lambda: root.mkdir(parents=True),
        lambda: root.mkdir(exist_ok=True),
        lambda: storage.node("home:d").mkdir(),
        lambda: storage.node("home:f").write_text("x"),
    ):
        await io(storage.node("home:old").write_text("x"))
        shutil.rmtree(home)
        assert await io(root.exists()) is False
        assert await io(root.is_dir()) is False
        assert root.ext_attributes == (None, None, False)
        with pytest.raises(FileNotFoundError):
            await io(root.children())
        await io(make())
        assert home.is_dir()
        assert await io(root.is_dir()) is True
        assert "old" not in [child.path for child in await io(root.children())]
    shutil.rmtree(home)
    home.mkdir()
    (home / "new").write_text("x")
    assert await io(root.exists()) is True
    assert [child.path for child in await io(root.children())] == ["new"]


async def test_deleting_the_root_of_a_mount_empties_it(storage, mount, io):
    await kinds(storage, mount, io)
    await io(storage.node(mount, "top").write_text("x"))
    root = storage.node(mount)
    for _ in range(2):
        assert await io(root.delete()) is None
        assert await io(root.children()) == []
        assert await io(root.is_dir()) is True
    await io(storage.node(mount, "d/again").write_text("x"))
    assert await io(storage.node(mount, "d/again").read_text()) == "x"


async def test_deleting_the_root_of_a_relative_mount_leaves_its_neighbours(storage, mount, io):
    for name in ("in/a", "in/b/c", "beside", "in-between"):
        await io(storage.node(mount, name).write_text(name))
    storage.add_mount({"name": "part", "path": f"{mount}:in"})
    await io(storage.node("part:").delete())
    assert await io(storage.node("part:").exists()) is (mount == "home")  # elsewhere a folder is what is below it
    for name in ("in/a", "in/b/c", "in/b"):
        assert await io(storage.node(mount, name).exists()) is False
    assert await io(storage.node(mount, "beside").read_text()) == "beside"
    assert await io(storage.node(mount, "in-between").read_text()) == "in-between"
    await io(storage.node("part:new").write_text("x"))
    assert await io(storage.node(mount, "in/new").read_text()) == "x"


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_folders_have_a_time(storage, mount, io):
    before = time.time()
    await io(storage.node(mount, "d").mkdir())
    mtime = await io(storage.node(mount, "d").mtime())
    assert type(mtime) is float
    assert before - 1 <= mtime <= time.time()
    assert storage.node(mount, "d").ext_attributes == (mtime, None, True)


async def test_the_time_of_a_local_file_is_that_of_the_clock(storage, io):
    before = time.time()
    await io(storage.node("home:f").write_text("x"))
    assert before - 0.02 <= await io(storage.node("home:f").mtime()) <= time.time()


async def test_hashes_are_of_what_is_there_now(storage, mount, io):
    node = storage.node(mount, "f")
    with pytest.raises(FileNotFoundError, match=f"File not found: {mount}:f"):
        await io(node.md5hash())
    await io(node.write_text("one"))
    assert await io(node.md5hash()) == await io(node.md5hash()) == "f97c5d29941bfb1b2fdab0874906ab82"
    await io(storage.node(mount, "f").write_text("two"))
    assert await io(node.md5hash()) == "b8a9f715dbb64fd5c56e7783c6820a61"


@pytest.mark.parametrize("data", ["text", None, 5])
async def test_what_is_no_content_makes_no_file(storage, mount, io, data):
    node = storage.node(mount, "new/f")
    with pytest.raises(TypeError):
        await io(node.write_bytes(data))
    with pytest.raises(TypeError):
        await io(node.write_text(b"x" if data == "text" else data))
    assert await io(node.exists()) is False
    await io(node.write_text("old"))
    with pytest.raises(TypeError):
        await io(node.write_bytes(data))
    assert await io(node.read_text()) == "old"


async def test_every_answer_is_asked_anew(storage, mount, io):
    node, other = storage.node(mount, "d/f"), storage.node(mount, "d/f")
    assert await io(node.exists()) is False
    await io(other.write_text("12345"))
    assert await io(node.size()) == 5
    await io(other.write_text("123"))
    assert await io(node.size()) == 3
    assert await io(node.read_text()) == "123"
    assert [child.path for child in await io(storage.node(mount, "d").children())] == ["d/f"]
    await io(other.delete())
    assert await io(node.exists()) is False
    assert node.ext_attributes == (None, None, False)
