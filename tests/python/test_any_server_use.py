"""Several at once, a fork, a cancellation and contents larger than memory should be, on every kind of server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time

import pytest

from endless import Endless
from genro_storage.exceptions import StorageCorruptError
from process_memory import PEAK, weighs_memory
from served import SERVERS, served, written  # noqa: F401  fixtures

CONTENT = bytes(range(256)) * 4096  # 1 MiB
LARGE = CONTENT * 17  # goes up in parts where there are any


async def test_of_two_writers_at_once_one_is_stored_whole(written, world):  # noqa: F811
    node, contents = written.mounted().node("there:a"), [CONTENT, CONTENT[::-1] + b"longer"]
    for _ in range(5):
        if world == "loop":
            await asyncio.gather(*(node.write_bytes(content) for content in contents))
            assert await node.read_bytes() in contents
        else:
            threads = [threading.Thread(target=node.write_bytes, args=(content,)) for content in contents]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert node.read_bytes() in contents


@pytest.mark.loop_only
@pytest.mark.parametrize("way", ["whole", "stream"])
async def test_a_write_that_is_cancelled_leaves_nothing_behind(written, way):  # noqa: F811
    """Not under its name, not under another, no open upload; as another client sees it."""
    written.fill({"other": b"other"})
    node = written.mounted().node("there:a")
    before = await asyncio.to_thread(written.leftovers)
    written.gate.stall_after(1 << 20, up=True)

    async def through_a_file():
        async with node.open("wb") as file:
            await file.write(LARGE)
            await file.write(LARGE)

    writing = asyncio.ensure_future(node.write_bytes(LARGE) if way == "whole" else through_a_file())
    assert await asyncio.to_thread(written.gate.struck.wait, 60)
    if written.name in ("minio", "cloud"):  # where it shows before it is done
        assert await asyncio.to_thread(written.leftovers) != before
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    written.gate.release()
    assert await asyncio.to_thread(comes_to, written.leftovers, before)
    assert await node.exists() is False


def comes_to(state, wanted) -> bool:
    """Soon: a server takes back what it was sent when it sees that the connection has ended."""
    latest = time.monotonic() + 20
    while (found := state()) != wanted and time.monotonic() < latest:
        time.sleep(0.01)
    return found == wanted


@pytest.mark.loop_only
async def test_a_read_that_is_cancelled_is_over_at_once_and_others_go_on(served):  # noqa: F811
    served.fill({"a": CONTENT, "b": b"b"})
    storage = served.mounted()
    served.gate.stall_after(300_000)
    reading = asyncio.ensure_future(storage.node("there:a").read_bytes())
    assert await asyncio.to_thread(served.gate.struck.wait, 60)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await storage.node("there:b").read_bytes() == b"b"
    assert await storage.node("there:a").read_bytes() == CONTENT


async def test_a_buffer_is_filled_with_what_is_there_and_never_with_what_was_spoilt(served, io):  # noqa: F811
    served.fill({"a": CONTENT})
    node, buffer = served.mounted().node("there:a"), bytearray(len(CONTENT))
    if served.sums_down:
        served.gate.flip_at(300_000)
        with pytest.raises(StorageCorruptError, match="there:a"):
            await io(node.read_into(buffer))
    assert await io(node.read_into(buffer)) == len(CONTENT)
    assert buffer == CONTENT


FORK = """
import json, os, sys
from genro_storage import StorageManager

storage = StorageManager()
storage.add_mount(json.loads(sys.argv[1]))
content = bytes(range(256)) * 4096
file = storage.node("there:a").open("rb")
assert file.read(1000) == content[:1000]
child = os.fork()
if not child:
    assert storage.node("there:a").read_bytes() == content
    os._exit(7)
assert file.read() == content[1000:]
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert storage.node("there:a").read_bytes() == content
print("both")
"""


def test_a_process_that_forks_in_the_middle_of_a_file_goes_on_as_two(served):  # noqa: F811
    served.fill({"a": CONTENT})
    command = [sys.executable, "-W", "ignore", "-c", FORK, json.dumps(served.config | {"name": "there"})]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ)
    assert done.stdout == "both\n", done.stderr


MANY = 10_000


@pytest.mark.full_only
@pytest.mark.parametrize("name", ["cloud", "github"])  # the real servers take longer to make them than to list them
def test_ten_thousand_files_are_listed(name, tmp_path):
    with SERVERS[name](tmp_path) as server:
        names = [f"{index:05}" for index in range(MANY)]
        server.fill({f"many/{name}": b"x" for name in names})
        assert [node.basename for node in server.mounted().node("there:many").children()] == names


WEIGH_READ = (
    PEAK
    + """
import json, sys
from genro_storage import StorageManager

storage = StorageManager()
storage.add_mount(json.loads(sys.argv[1]))
size, piece = int(sys.argv[2]), bytes(1 << 20)
with storage.node("there:warm").open("rb") as file:
    for _ in range(64):
        file.read(len(piece))
before, read = peak(), 0
with storage.node("there:big").open("rb") as file:
    while found := file.read(len(piece)):
        assert found == piece[: len(found)]
        read += len(found)
assert read == size, read
print(peak() - before)
"""
)
ENDLESS = {
    "s3": {"bucket": "b", "region": "us-east-1", "access_key": "k", "secret_key": "s", "endpoint_url": ""},
    "gcs": {"bucket": "b", "token": "anon", "endpoint_url": ""},
    "azure": {"container": "b", "account_name": "a", "account_key": "a2V5", "endpoint_url": ""},
    "http": {"base_path": ""},
    "webdav": {"url": ""},
}
GIB = 1 << 30


@weighs_memory
@pytest.mark.full_only
@pytest.mark.parametrize(("protocol", "size"), [*((name, GIB) for name in ENDLESS), ("s3", 5 * GIB + 1)])
def test_what_streams_down_takes_no_memory_of_its_size(protocol, size):
    server = Endless(size)
    config = {key: value or server.url for key, value in ENDLESS[protocol].items()}
    mount = json.dumps({"name": "there", "protocol": protocol} | config)
    assert weighed(WEIGH_READ, mount, str(size)) < 32 << 20
    server.stop()


def weighed(program: str, *arguments: str) -> int:
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, env=os.environ)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


WEIGH_WRITE = (
    PEAK
    + """
import json, sys
from genro_storage import StorageManager

storage = StorageManager()
storage.add_mount(json.loads(sys.argv[1]))
piece = bytes(1 << 20)

def write(name, count):
    with storage.node("there", name).open("wb") as file:
        for _ in range(count):
            file.write(piece)

write("warm", 60)
before = peak()
write("big", 160)
assert storage.node("there:big").size() == 160 << 20
print(peak() - before)
"""
)


@weighs_memory
@pytest.mark.full_only
@pytest.mark.parametrize("name", ["minio", "apache"])
def test_nor_does_what_streams_up(name, tmp_path):
    with SERVERS[name](tmp_path) as server:
        assert weighed(WEIGH_WRITE, json.dumps(server.config | {"name": "there"})) < 48 << 20
