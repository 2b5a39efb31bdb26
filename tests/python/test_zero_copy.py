"""Bytes cross between Python and the engine without copies, and nothing leaks on the way."""

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from process_memory import PEAK, weighs_memory


async def test_memory_gives_the_very_object_back(storage, io):
    data = bytes(5000)
    node = storage.node("mem:a")
    await io(node.write_bytes(data))
    assert await io(node.read_bytes()) is data
    text = "ascii text" * 100
    await io(node.write_text(text))
    assert await io(node.read_text()) is text
    assert await io(node.read_bytes()) == text.encode()


async def test_a_stored_object_is_kept_alive_and_let_go(storage, io):
    data = os.urandom(100_000)
    node = storage.node("mem:a")
    before = sys.getrefcount(data)
    await io(node.write_bytes(data))
    assert sys.getrefcount(data) == before + 1
    await io(node.delete())
    await io(node.exists())  # a call releases what the engine has dropped
    gc.collect()
    assert sys.getrefcount(data) == before


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 4096, 100_000, 5_000_000])
async def test_what_is_read_is_an_ordinary_bytes_object(storage, io, size):
    data = os.urandom(size)
    node = storage.node("home:a")
    await io(node.write_bytes(data))
    read = await io(node.read_bytes())
    assert type(read) is bytes
    assert read == data
    assert hash(read) == hash(data)
    assert sys.getsizeof(read) == sys.getsizeof(data)
    read += b"tail"  # may resize in place
    assert read == data + b"tail"
    assert bytes(memoryview(read)[:10]) == (data + b"tail")[:10]


@weighs_memory
async def test_many_reads_leak_no_memory(storage, io):
    node = storage.node("home:a")
    await io(node.write_bytes(bytes(1_000_000)))

    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    for _ in range(20):
        await io(node.read_bytes())
    before = resident()
    for _ in range(300):
        await io(node.read_bytes())
    assert resident() - before < 30_000_000


async def test_failed_and_dropped_calls_leak_no_references(storage, world, io):
    node = storage.node("mem:a")
    data = os.urandom(1000)

    async def use():
        await io(node.write_bytes(data))
        with pytest.raises(FileNotFoundError):
            await io(storage.node("mem:none").read_bytes())
        with pytest.raises(ValueError):
            await io(node.read("nonsense"))
        if world == "loop":
            node.write_bytes(data).close()
            task = asyncio.ensure_future(storage.node("home:x").write_bytes(data))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.sleep(0.01)

    def counts():
        gc.collect()
        return [sys.getrefcount(thing) for thing in (storage, node, data, type(node))]

    def grown(before):
        return [now - then for now, then in zip(counts(), before, strict=True) if now > then]

    for _ in range(5):
        await use()
    before = counts()  # with what the last cancelled call may still hold
    for _ in range(50):
        await use()
    for _ in range(3000):
        if not grown(before):
            break
        if world == "loop":
            await asyncio.sleep(0.02)
        await io(node.exists())
    assert not grown(before)


PROGRAM = """
import asyncio, os, sys, tempfile
import tracemalloc
from genro_storage import StorageManager
storage = StorageManager()
with tempfile.TemporaryDirectory() as folder:
    storage.add_mount({"name": "home", "protocol": "local", "base_path": folder})
    storage.add_mount({"name": "mem", "protocol": "memory"})
    sizes = [0, 1, 511, 512, 513, 4096, 70000, 3000000]
    def check():
        for mount in ("home", "mem"):
            for size in sizes:
                data = os.urandom(size)
                node = storage.node(mount, "f")
                node.write_bytes(bytearray(data))
                kept = [node.read_bytes() for _ in range(3)]
                assert all(one == data for one in kept)
                kept[0] += b"x"
                del kept
    check()
    before = storage.node("home:f").read_bytes()   # lives through the switch below
    tracemalloc.start()
    check()
    during = storage.node("home:f").read_bytes()
    tracemalloc.stop()
    assert len(before) == len(during) == sizes[-1]
    del before, during
    check()
    async def loop():
        assert len(await storage.node("home:f").read_bytes()) == sizes[-1]
    asyncio.run(loop())
print("fine")
"""


@pytest.mark.full_only
@pytest.mark.parametrize("allocator", ["pymalloc", "malloc", "debug", "pymalloc_debug", "malloc_debug", "dev mode"])
def test_every_allocator_of_python_is_respected(allocator, tmp_path):
    package = str(Path(__import__("genro_storage").__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": package}
    options = ["-X", "dev", "-W", "error"] if allocator == "dev mode" else []
    if allocator != "dev mode":
        environment["PYTHONMALLOC"] = allocator
    result = subprocess.run(
        [sys.executable, "-X", "faulthandler", *options, "-c", textwrap.dedent(PROGRAM)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert (result.returncode, result.stdout) == (0, "fine\n"), result.stderr


BIG = (
    PEAK
    + """
import sys
from genro_storage import StorageManager

storage = StorageManager()
storage.configure([{"name": "home", "protocol": "local", "base_path": sys.argv[1]}])
before = peak()
data = storage.node("home:big").read_bytes()
after = peak()
print(len(data), after - before)
before = after
storage.node("home:big").copy_to("home:copy")
with storage.node("home:big").open("rb") as file, storage.node("home:third").open("wb") as target:
    while piece := file.read(1 << 20):
        target.write(piece)
print(peak() - before)
"""
)


@pytest.mark.full_only
@weighs_memory
def test_a_big_file_is_held_once_and_streams_hardly_at_all(tmp_path):
    size = 200 << 20
    with open(tmp_path / "big", "wb") as file:
        file.truncate(size)
    package = str(Path(__import__("genro_storage").__file__).parent.parent)
    result = subprocess.run(
        [sys.executable, "-c", BIG, str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": package},
    )
    assert result.returncode == 0, result.stderr
    length, whole, streamed = map(int, result.stdout.split())
    assert length == size
    assert whole < size + (24 << 20)
    assert streamed < 32 << 20
    assert os.path.getsize(tmp_path / "copy") == os.path.getsize(tmp_path / "third") == size
