"""Files that are being written: changed anywhere until they are closed, and given to others by their descriptor."""

import io as std_io
import mmap
import os
import subprocess
import sys
import wave

import pytest

LARGE = 3 << 20  # more than is kept in memory
SHOUT = [sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read().upper())"]


@pytest.fixture(params=["mem", "home"])
def place(request):
    """A mount whose files are not sent off as they are written."""
    return request.param


@pytest.mark.parametrize("mode", ["wb", "xb"])
@pytest.mark.parametrize("size", [100, LARGE])
async def test_what_was_written_can_be_changed_until_it_is_closed(storage, io, place, mode, size):
    node = storage.node(place, "d/f")
    with node.open(mode) as file:
        assert (file.seekable(), file.writable(), file.readable()) == (True, True, False)
        file.write(b"HEAD")
        file.write(b"x" * size)
        assert file.tell() == size + 4
        assert file.seek(1) == 1
        file.write(b"EA")
        assert file.seek(-1, 2) == size + 3
        file.write(b"end")
        assert file.truncate(size + 5) == size + 5
        assert await io(node.exists()) is False
    assert await io(node.read_bytes()) == b"HEAD" + b"x" * (size - 1) + b"en"


async def test_what_lies_behind_the_end_becomes_zeros(storage, io, place):
    node = storage.node(place, "f")
    with node.open("wb") as file:
        file.seek(5)
        file.write(b"x")
        file.truncate(8)
    assert await io(node.read_bytes()) == b"\0\0\0\0\0x\0\0"


async def test_nothing_that_was_changed_appears_when_the_block_raises(storage, io, place, tmp_path):
    node = storage.node(place, "f")
    await io(node.write_text("old"))
    with pytest.raises(KeyError), node.open("wb") as file:
        file.write(b"x" * LARGE)
        file.seek(0)
        file.write(b"y")
        raise KeyError("stop")
    assert await io(node.read_text()) == "old"
    assert os.listdir(tmp_path / "home") == (["f"] if place == "home" else [])


async def test_text_files_tell_and_return(storage, io, place):
    node = storage.node(place, "t.txt")
    with node.open("w") as file:
        file.write("perché\n")
        there = file.tell()
        file.write("no\n")
        file.seek(there)
        file.write("sì")
        file.truncate()
    assert await io(node.read_text()) == "perché\nsì"


async def test_a_writer_that_patches_its_header_can(storage, io, place):
    node = storage.node(place, "sound.wav")
    with node.open("wb") as file, wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        sound.writeframes(b"\1\2" * 100)
        sound.writeframes(b"\3\4" * 100)
    with node.open("rb") as file, wave.open(file) as sound:
        assert sound.getnframes() == 200


@pytest.mark.parametrize("mount", ["minio"], indirect=True)
async def test_what_was_sent_off_cannot_be_changed(storage, io, mount):
    node = storage.node(mount, "f")
    with node.open("wb") as file:
        assert not file.seekable()
        file.write(b"x")
        for refused in (lambda: file.seek(0), lambda: file.truncate(0), file.fileno):
            with pytest.raises(std_io.UnsupportedOperation):
                refused()
    assert await io(node.read_bytes()) == b"x"


async def test_two_that_create_one_file_do_not_both_win(storage, io, place):
    node = storage.node(place, "f")
    first, second = node.open("xb"), node.open("xb")
    first.write(b"1" * LARGE)
    second.write(b"2" * LARGE)
    first.close()
    with pytest.raises(FileExistsError):
        second.close()
    assert (await io(node.read_bytes()))[:1] == b"1"


def test_other_programs_read_an_open_file(storage):
    node = storage.node("home:f.txt")
    node.write_text("one two three")
    with node.open("rb") as file:
        assert os.fstat(file.fileno()).st_size == 13
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert mapped[4:7] == b"two"
        assert os.read(file.fileno(), 4) == b"one "
        assert os.lseek(file.fileno(), -4, os.SEEK_CUR) == 0
        assert file.read() == b"one two three"
    with node.open("rb") as file:
        assert subprocess.run(SHOUT, stdin=file, capture_output=True, check=True).stdout == b"ONE TWO THREE"
        assert file.read() == b""  # it has been read
        file.seek(4)
        assert file.read(3) == b"two"
    with node.open() as file:
        file.buffer.raw.seek(8)
        assert subprocess.run(SHOUT, stdin=file, capture_output=True, check=True).stdout == b"THREE"


def test_other_programs_read_the_file_that_was_opened(storage):
    node = storage.node("home:f.txt")
    node.write_text("old")
    with node.open("rb") as file:
        node.write_text("newer")
        assert os.pread(file.fileno(), 100, 0) == b"old"


@pytest.mark.parametrize("size", [0, LARGE])
def test_other_programs_write_into_an_open_file(storage, tmp_path, size):
    node = storage.node("home:f.txt")
    node.write_text("old")
    with node.open("wb") as file:
        file.write(b"x" * size + b"begin ")
        file.flush()
        for part in (b"mid", b"dle"):
            subprocess.run(SHOUT, input=part, stdout=file, check=True)
        assert file.tell() == size + 12
        file.write(b" end")
        file.flush()
        os.fsync(file.fileno())
        assert node.read_text() == "old"
        assert os.listdir(tmp_path / "home") == ["f.txt"]
    assert node.read_bytes() == b"x" * size + b"begin MIDDLE end"


def test_other_programs_append_to_an_open_file(storage):
    node = storage.node("home:log.txt")
    node.write_text("one\n")
    with node.open("a") as file:
        file.write("two\n")
        file.flush()
        subprocess.run(SHOUT, input=b"three\n", stdout=file, check=True)
        file.write("four\n")
    assert node.read_text() == "one\ntwo\nTHREE\nfour\n"


@pytest.mark.parametrize("mode", ["r+b", "w+b", "a+b"])
def test_a_file_that_is_changed_has_a_descriptor_too(storage, mode):
    node = storage.node("home:f")
    node.write_bytes(b"0123456789")
    with node.open(mode) as file:
        kept = b"" if mode == "w+b" else b"0123456789"
        assert os.pread(file.fileno(), 100, 0) == kept
        os.pwrite(file.fileno(), b"ab", 2)
        file.seek(2)
        assert file.read(2) == b"ab"
    assert node.read_bytes()[2:4] == b"ab"


def test_what_is_no_file_of_the_system_has_no_descriptor(storage):
    storage.node("mem:f").write_text("x")
    for node, modes in ((storage.node("mem:f"), ("rb", "r", "wb", "r+b")), (storage.node("b64:eA=="), ("rb", "r"))):
        for mode in modes:
            with node.open(mode) as file, pytest.raises(std_io.UnsupportedOperation, match="no file of the system"):
                file.fileno()


def test_a_relative_mount_stages_files_in_its_own_folder(storage, tmp_path):
    storage.add_mount({"name": "part", "path": "home:deep/part"})
    with storage.node("part:f").open("wb") as file:
        os.write(file.fileno(), b"by descriptor")
        file.seek(0, 2)
        file.write(b"!")
    assert (tmp_path / "home/deep/part/f").read_bytes() == b"by descriptor!"


@pytest.mark.loop_only
async def test_async_files_are_changed_anywhere_too(storage, place):
    node = storage.node(place, "f")
    async with node.open("wb") as file:
        await file.write(b"x" * LARGE)
        await file.seek(1)
        await file.write(b"y")
        assert file.tell() == 2
        await file.truncate(3)
    assert await node.read_bytes() == b"xyx"


@pytest.mark.loop_only
async def test_async_files_have_descriptors_too(storage):
    node = storage.node("home:f")
    async with node.open("wb") as file:
        await file.write(b"one ")
        os.write(await file.fileno(), b"two ")
        await file.write(b"three")
    assert await node.read_bytes() == b"one two three"
    async with node.open("rb") as file:
        assert os.pread(await file.fileno(), 3, 4) == b"two"
