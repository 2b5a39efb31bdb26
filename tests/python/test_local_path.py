"""local_path(): by `with` and by `async with`."""

import asyncio
import glob
import os
import subprocess
import sys

import pytest

from genro_storage import StoragePermissionError
from process_memory import weighs_memory


class Manager:
    """Enters a local path in the way of the world."""

    def __init__(self, manager, world):
        self.manager = manager
        self.world = world

    async def __aenter__(self):
        return await self.manager.__aenter__() if self.world == "loop" else self.manager.__enter__()

    async def __aexit__(self, *error):
        return await self.manager.__aexit__(*error) if self.world == "loop" else self.manager.__exit__(*error)


@pytest.fixture
def entered(world):
    return lambda manager: Manager(manager, world)


pytestmark = pytest.mark.usefixtures("temporary")


remote = pytest.mark.parametrize("mount", ["mem", "minio", "versitygw"], indirect=True)


async def test_a_local_mount_gives_the_real_path(storage, entered, io, tmp_path, temporary):
    for mode in ("r", "w", "rw"):
        node = storage.node("home:d/a.txt")
        async with entered(node.local_path(mode)) as path:
            assert type(path) is str
            assert path == node.resolved_path == str(tmp_path / "home/d/a.txt")
            assert os.listdir(temporary) == []
        assert not os.path.exists(tmp_path / "home/d")


@remote
async def test_reading_downloads_and_never_uploads(storage, mount, entered, io, temporary):
    node = storage.node(mount, "d/report.tar.gz")
    content = os.urandom(300_000)
    await io(node.write_bytes(content))
    async with entered(node.local_path()) as path:
        assert os.path.dirname(path) == str(temporary)
        assert path.endswith(".gz")
        with open(path, "rb") as file:
            assert file.read() == content
        with open(path, "wb") as file:
            file.write(b"ignored")
    assert not os.path.exists(path)
    assert await io(node.read_bytes()) == content


@remote
async def test_writing_starts_empty_and_uploads_at_the_end(storage, mount, entered, io):
    node = storage.node(mount, "x/y/f.txt")
    await io(node.write_text("old"))
    async with entered(node.local_path("w")) as path:
        assert os.path.getsize(path) == 0
        with open(path, "w") as file:
            file.write("new")
        assert await io(node.read_text()) == "old"
    assert await io(node.read_text()) == "new"


@remote
async def test_read_write_downloads_what_there_is(storage, mount, entered, io):
    node = storage.node(mount, "f.txt")
    await io(node.write_text("one"))
    async with entered(node.local_path("rw")) as path:
        with open(path, "a") as file:
            file.write(" two")
    assert await io(node.read_text()) == "one two"
    fresh = storage.node(mount, "fresh/f.txt")
    async with entered(fresh.local_path("rw")) as path:
        with open(path, "x" if not os.path.exists(path) else "w") as file:
            file.write("made")
    assert await io(fresh.read_text()) == "made"


@remote
async def test_a_block_that_raises_uploads_nothing(storage, mount, entered, io):
    node = storage.node(mount, "f")
    await io(node.write_text("old"))
    for mode in ("w", "rw"):
        with pytest.raises(KeyError):
            async with entered(node.local_path(mode)) as path:
                with open(path, "w") as file:
                    file.write("new")
                raise KeyError("stop")
        assert not os.path.exists(path)
    assert await io(node.read_text()) == "old"


@remote
async def test_what_was_not_written_is_not_uploaded(storage, mount, entered, io):
    node = storage.node(mount, "f")
    await io(node.write_text("old"))
    for mode in ("w", "rw"):
        async with entered(node.local_path(mode)) as path:
            with open(path) as file:
                file.read()
            await io(node.write_text(f"by somebody else during {mode}"))
        assert await io(node.read_text()) == f"by somebody else during {mode}"
    missing = storage.node(mount, "none")
    async with entered(missing.local_path("rw")):
        pass
    assert await io(missing.exists()) is False


@remote
async def test_a_missing_file_cannot_be_read(storage, mount, entered, io):
    with pytest.raises(FileNotFoundError):
        async with entered(storage.node(mount, "none.txt").local_path("r")):
            raise AssertionError("must not be entered")


@pytest.mark.parametrize("mode", ["", "rb", "a", "r+", "wr", "R"])
@pytest.mark.parametrize("address", ["mem:f", "home:f", "b64:aGVsbG8="])
def test_unknown_modes_are_refused_by_the_call(storage, address, mode):
    with pytest.raises(ValueError, match="mode"):
        storage.node(address).local_path(mode)


@pytest.mark.parametrize("parent", ["mem", "home"])
async def test_writing_is_refused_on_a_readonly_mount_by_the_call(storage, entered, io, parent):
    await io(storage.node(parent, "f.txt").write_text("hello"))
    storage.add_mount({"name": "view", "path": f"{parent}:", "permissions": "readonly"})
    for mode in ("w", "rw"):
        with pytest.raises(StoragePermissionError, match="read-only"):
            storage.node("view:f.txt").local_path(mode)
    async with entered(storage.node("view:f.txt").local_path("r")) as path:
        with open(path) as file:
            assert file.read() == "hello"


async def test_base64_gives_its_decoded_bytes_to_read(storage, entered, io):
    async with entered(storage.node("b64", "aGVsbG8=").local_path()) as path:
        with open(path) as file:
            assert file.read() == "hello"
    for mode in ("w", "rw"):
        with pytest.raises(PermissionError, match="read-only"):
            storage.node("b64", "aGVsbG8=").local_path(mode)
    with pytest.raises(FileNotFoundError):
        async with entered(storage.node("b64", "not base64!").local_path()):
            raise AssertionError("must not be entered")


def test_a_snapshot_is_not_written(storage):
    for mode in ("w", "rw"):
        with pytest.raises(ValueError, match="versioned snapshot"):
            storage.node("mem:f", version="id").local_path(mode)


async def test_it_may_be_entered_again(storage, entered, io):
    node = storage.node("mem:f")
    manager = node.local_path("rw")
    for i in range(3):
        async with entered(manager) as path:
            with open(path, "a") as file:
                file.write(str(i))
    assert await io(node.read_text()) == "012"
    async with entered(manager) as first, entered(manager) as second:
        assert first != second


async def test_the_last_writer_wins(storage, entered, io):
    node = storage.node("mem:f")
    async with entered(node.local_path("w")) as first:
        with open(first, "w") as file:
            file.write("first")
        async with entered(node.local_path("w")) as second:
            with open(second, "w") as file:
                file.write("second")
        assert await io(node.read_text()) == "second"
    assert await io(node.read_text()) == "first"


async def test_a_failed_upload_is_raised_and_leaves_no_file(storage, entered, io):
    node = storage.node("mem:d")
    await io(storage.node("mem:d/f").write_text("x"))
    with pytest.raises(IsADirectoryError):
        async with entered(node.local_path("w")) as path:
            with open(path, "w") as file:
                file.write("x")


@pytest.mark.loop_only
async def test_a_cancelled_block_uploads_nothing(storage, mount):
    node = storage.node(mount, "f")
    await node.write_text("old")
    if mount == "home":
        pytest.skip("a local path is the file itself")

    written = asyncio.Event()

    async def forever():
        async with node.local_path("w") as path:
            with open(path, "w") as file:
                file.write("new")
            written.set()
            await asyncio.sleep(3600)

    block = asyncio.create_task(forever())
    await written.wait()
    block.cancel()
    with pytest.raises(asyncio.CancelledError):
        await block
    assert await node.read_text() == "old"


@pytest.mark.loop_only
async def test_a_plain_with_works_in_a_loop_too(storage, mount):
    node = storage.node(mount, "f.txt")
    await node.write_text("hello")
    with node.local_path() as path, open(path) as file:
        assert file.read() == "hello"


MEMORY = """
import sys
from genro_storage import StorageManager
storage = StorageManager()
storage.configure([{"name": "s3", **eval(sys.argv[1])}])
node = storage.node("s3:large.bin")
with node.local_path("w") as path:
    with open(path, "wb") as file:
        for _ in range(256):
            file.write(b"x" * (1 << 20))
with node.local_path("r") as path:
    import os
    assert os.path.getsize(path) == 256 << 20
node.delete()
# Not ru_maxrss, which counts the process that this one was forked from.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.full_only
@weighs_memory
def test_transfers_go_in_pieces_both_ways(temporary):
    from conftest import s3_mount

    options = {key: value for key, value in s3_mount("s3", "minio").items() if key != "name"}
    done = subprocess.run([sys.executable, "-c", MEMORY, repr(options)], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 200 * 1024  # of 256 MiB


def test_nothing_is_left_behind_when_it_is_never_left(storage, temporary):
    storage.node("mem:f.txt").write_text("x")
    manager = storage.node("mem:f.txt").local_path()
    manager.__enter__()
    assert len(glob.glob(f"{temporary}/*.txt")) == 1
    del manager
    assert os.listdir(temporary) == []
