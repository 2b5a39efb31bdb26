"""open(): files as streams, by `with` and by `async with`."""

import asyncio
import io as std_io
import json
import os
import zipfile

import pytest

from genro_storage import StorageError


async def test_what_is_written_reads_back(storage, mount, io):
    node = storage.node(mount, "d/f.bin")
    with node.open("wb") as file:
        assert file.writable()
        assert file.write(b"one ") == 4
        file.write(bytearray(b"two "))
        file.write(b"x" * 200_000)
    assert await io(node.size()) == 200_008
    with node.open("rb") as file:
        assert file.readable()
        assert file.read(4) == b"one "
        assert file.tell() == 4
        assert file.read(4) == b"two "
        assert len(file.read()) == 200_000
        assert file.read() == b""
    assert file.closed


async def test_reading_files_seek_and_iterate(storage, mount, io):
    node = storage.node(mount, "lines.txt")
    await io(node.write_text("uno\ndue\ntrè\n"))
    with node.open("rb") as file:
        assert file.seekable()
        assert list(file) == [b"uno\n", b"due\n", "trè\n".encode()]
        assert file.seek(4) == 4
        assert file.readline() == b"due\n"
        assert file.seek(-5, 2) == 8
        assert file.read() == "trè\n".encode()
        buffer = bytearray(3)
        file.seek(0)
        assert file.readinto(buffer) == 3
        assert buffer == b"uno"
    with node.open() as file:
        assert [line.rstrip() for line in file] == ["uno", "due", "trè"]


async def test_text_is_utf8(storage, mount, io):
    node = storage.node(mount, "t.txt")
    with node.open("w") as file:
        file.write("caffè\n")
        print("due", file=file)
    assert await io(node.read_bytes()) == "caffè\ndue\n".encode()
    with node.open("rt") as file:
        assert file.read() == "caffè\ndue\n"


async def test_nothing_appears_when_the_block_raises(storage, mount, io):
    node = storage.node(mount, "f")
    await io(node.write_text("old"))
    for mode, data in (("wb", b"new" * 50_000), ("w", "new"), ("ab", b"more")):
        with pytest.raises(KeyError), node.open(mode) as file:
            file.write(data)
            raise KeyError("stop")
        assert await io(node.read_text()) == "old"
    with pytest.raises(KeyError), storage.node(mount, "fresh").open("wb") as file:
        file.write(b"x")
        raise KeyError("stop")
    assert [child.basename for child in await io(storage.node(mount).children())] == ["f"]


async def test_a_dropped_file_commits_nothing_and_warns(storage, mount, io, tmp_path):
    node = storage.node(mount, "f")
    file = node.open("wb")
    file.write(b"x" * 100_000)
    with pytest.warns(ResourceWarning, match="what was written is dropped"):
        del file
    assert await io(node.exists()) is False
    assert os.listdir(tmp_path / "home") == []


async def test_a_file_is_not_there_before_it_is_closed(storage, mount, io):
    node = storage.node(mount, "f")
    with node.open("wb") as file:
        file.write(b"x" * 100_000)
        file.flush()
        assert await io(node.exists()) is False
    assert await io(node.exists()) is True


async def test_append_and_create_modes(storage, mount, io):
    node = storage.node(mount, "log")
    with node.open("x") as file:
        file.write("one\n")
    with node.open("a") as file:
        file.write("two\n")
    with node.open("ab") as file:
        file.write(b"three\n")
    assert await io(node.read_text()) == "one\ntwo\nthree\n"
    with pytest.raises(FileExistsError), node.open("x") as file:
        file.write("never")
    assert await io(node.read_text()) == "one\ntwo\nthree\n"


async def test_a_file_being_appended_to_or_made_tells_where_it_is(storage, mount, io):
    node = storage.node(mount, "log.csv")
    for _ in range(2):
        with node.open("a") as file:  # the usual way to write a heading once
            if file.tell() == 0:
                file.write("heading é\n")
            file.write("row\n")
    assert await io(node.read_text()) == "heading é\nrow\nrow\n"
    with node.open("ab") as file:
        assert file.tell() == 19
        file.write(b"x")
        assert file.tell() == 20
    with node.open("w") as file:
        assert file.tell() == 0
        file.write("é\n")
        assert file.tell() == 3
    with storage.node(mount, "fresh").open("x") as file:
        file.write("é")
        assert file.tell() == 2


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_a_file_being_appended_to_can_be_moved_in_and_grows_at_its_end(storage, io, mount):
    node = storage.node(mount, "f")
    await io(node.write_bytes(b"01234"))
    with node.open("ab") as file:
        assert file.seekable()
        assert file.seek(0) == 0
        file.write(b"56")
        file.flush()
        assert file.seek(0, 2) == 7
        assert file.seek(-1, 1) == 6
        file.write(b"7")
    assert await io(node.read_bytes()) == b"01234567"
    with node.open("a") as file:
        file.seek(0)
        file.write("8")
        file.seek(0, 2)
        file.write("9")
    assert await io(node.read_bytes()) == b"0123456789"
    with node.open("ab") as file:
        file.write(b"abc")
        assert file.truncate(11) == 11
        with pytest.raises(OSError, match="truncate"):
            file.truncate(3)  # what was there before is only added to
    assert await io(node.read_bytes()) == b"0123456789a"


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_updating_modes(storage, io, mount):
    node = storage.node(mount, "f")
    await io(node.write_bytes(b"0123456789"))
    with node.open("r+b") as file:
        file.seek(2)
        file.write(b"AB")
        assert file.read(2) == b"45"
        file.seek(0)
        assert file.read() == b"01AB456789"
        file.truncate(6)
    assert await io(node.read_bytes()) == b"01AB45"
    with node.open("w+b") as file:
        file.write(b"fresh")
        file.seek(0)
        assert file.read() == b"fresh"
    assert await io(node.read_bytes()) == b"fresh"


async def test_modes_that_make_a_file_make_its_folders(storage, mount, io):
    for mode in ("w", "wb", "a", "ab", "x", "xb"):
        node = storage.node(mount, f"new-{mode}/deep/f")
        with node.open(mode) as file:
            file.write(b"x" if "b" in mode else "x")
        assert await io(node.read_text()) == "x"


async def test_updating_a_missing_file_makes_nothing(storage, mount, io):
    node = storage.node(mount, "new/f")
    for mode in ("r+", "r+b"):
        with pytest.raises(FileNotFoundError), node.open(mode) as file:
            file.write(b"x" if "b" in mode else "x")
    assert await io(node.parent.exists()) is False


async def test_missing_files_and_folders_cannot_be_read(storage, mount, io):
    await io(storage.node(mount, "d/f").write_text("x"))
    with pytest.raises(FileNotFoundError), storage.node(mount, "none").open("rb") as file:
        file.read()
    with pytest.raises((IsADirectoryError, FileNotFoundError)), storage.node(mount, "d").open("rb") as file:
        file.read()


@pytest.mark.parametrize("mode", ["", "q", "rw", "rbt", "r++", "b", "rr"])
def test_nonsense_modes_are_refused(storage, mode):
    with pytest.raises(ValueError):
        storage.node("mem:f").open(mode)


def test_versions_need_a_mount_that_has_them(storage):
    node = storage.node("mem:f")
    for arguments in ({"version": -1}, {"version": "id"}, {"as_of": 5}):
        with pytest.raises(PermissionError, match="does not support versioning"):
            node.open(**arguments)
    with pytest.raises(ValueError, match="Cannot specify both"):
        node.open(version="id", as_of=5)
    snapshot = storage.node("mem:f", version="id")
    with pytest.raises(ValueError, match="versioned snapshot"):
        snapshot.open(version="other")
    with pytest.raises(ValueError, match="Cannot write to versioned snapshot"):
        snapshot.open("w")
    with pytest.raises(PermissionError, match="does not support versioning"):
        snapshot.read_bytes()


def test_files_serve_the_standard_library(storage):
    with storage.node("home:a.zip").open("wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("inside.txt", "zipped")
    with storage.node("home:a.zip").open("rb") as file, zipfile.ZipFile(file) as archive:
        assert archive.read("inside.txt") == b"zipped"
    with storage.node("mem:a.json").open("w") as file:
        json.dump({"a": [1, 2]}, file)
    with storage.node("mem:a.json").open() as file:
        assert isinstance(file, std_io.TextIOBase)
        assert json.load(file) == {"a": [1, 2]}


@pytest.mark.loop_only
async def test_async_files_read_and_write(storage, mount):
    node = storage.node(mount, "f.bin")
    async with node.open("wb") as file:
        assert await file.write(b"one\n") == 4
        await file.write(b"two\n" * 100_000)
        await file.write(b"end")
    assert await node.size() == 400_007
    async with node.open("rb") as file:
        assert await file.read(4) == b"one\n"
        assert await file.readline() == b"two\n"
        assert file.tell() == 8
        await file.seek(-7, 2)
        assert await file.read() == b"two\nend"
        assert await file.read() == b""
        buffer = bytearray(3)
        await file.seek(0)
        assert await file.readinto(buffer) == 3
        assert buffer == b"one"
        await file.seek(0)
        pieces = [piece async for piece in file.chunks(100_000)]
    assert [len(piece) for piece in pieces] == [100_000] * 4 + [7]
    assert file.closed


@pytest.mark.loop_only
async def test_async_text_files(storage, mount):
    node = storage.node(mount, "t.txt")
    async with node.open("w") as file:
        await file.write("caffè\r\nuno\n")
        with pytest.raises(TypeError):
            await file.write(b"bytes")
    assert await node.read_text() == "caffè\r\nuno\n"
    async with node.open() as file:
        assert [line async for line in file] == ["caffè\n", "uno\n"]
        await file.seek(0)
        assert await file.read(3) == "caf"
        assert await file.read() == "fè\nuno\n"
        with pytest.raises(std_io.UnsupportedOperation):
            await file.seek(3)


@pytest.mark.loop_only
async def test_async_files_commit_nothing_when_the_block_raises_or_is_cancelled(storage, mount):
    node = storage.node(mount, "f")
    await node.write_text("old")
    with pytest.raises(KeyError):
        async with node.open("wb") as file:
            await file.write(b"new" * 100_000)
            raise KeyError("stop")

    written = asyncio.Event()

    async def forever():
        async with node.open("wb") as file:
            await file.write(b"new" * 100_000)
            written.set()
            await asyncio.sleep(3600)

    block = asyncio.create_task(forever())
    await written.wait()
    block.cancel()
    with pytest.raises(asyncio.CancelledError):
        await block
    assert await node.read_text() == "old"


@pytest.mark.loop_only
async def test_async_open_of_a_missing_file(storage, mount):
    with pytest.raises(FileNotFoundError):
        async with storage.node(mount, "none").open("rb") as file:
            await file.read()


@pytest.mark.loop_only
async def test_many_files_are_written_at_once_inside_a_loop(storage, mount):
    async def one(i):
        async with storage.node(mount, f"f{i}").open("w") as file:
            for part in range(10):
                await file.write(f"{i}-{part} ")

    await asyncio.gather(*[one(i) for i in range(30)])
    assert await storage.node(mount, "f7").read_text() == "".join(f"7-{part} " for part in range(10))


def test_every_failure_of_a_stream_is_a_storage_error(storage):
    with storage.node("home:f").open("wb") as file:
        file.write(b"x")
    with storage.node("home:f").open("rb") as file, pytest.raises((StorageError, OSError)):
        file.seek(-5)
