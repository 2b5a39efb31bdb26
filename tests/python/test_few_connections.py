"""More callers than connections, or than file descriptors: they wait, and idle streams make room."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import urllib.request

import pytest

from bucket import bucket, mount_of  # noqa: F401  a fixture
from genro_storage.exceptions import StorageConflictError
from served import served  # noqa: F401  a fixture

CONTENT = bytes(range(256)) * (5 << 10)  # 1.25 MiB: more than what the sockets hold back


def wait_for_strong_etag(config, path):
    """Until Apache calls the ETag of a new file strong: after a second."""
    asking = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    asking.add_password(None, config["url"], config["username"], config["password"])
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(asking))
    request = urllib.request.Request(f"{config['url']}/{config['base_path']}/{path}", method="HEAD")
    while opener.open(request).headers["ETag"].startswith("W/"):
        pass


async def test_idle_streams_make_room_on_servers_of_every_kind(served, io, world):  # noqa: F811
    served.fill({"a": CONTENT * 6, "b": b"other"})
    if served.name == "apache":
        wait_for_strong_etag(served.config, "a")
    storage = served.mounted(max_connections=3)
    async with contextlib.AsyncExitStack() as stack:
        streams = []
        for _ in range(6):
            opening = storage.node("there:a").open("rb")
            enter = stack.enter_async_context if world == "loop" else stack.enter_context
            streams.append(await io(enter(opening)))
        heads = [await io(stream.read(100_000)) for stream in streams]
        assert await io(storage.node("there:b").read_bytes()) == b"other"
        for head, stream in zip(heads, streams, strict=True):
            assert head + await io(stream.read()) == CONTENT * 6


@pytest.mark.loop_only
async def test_open_streams_that_nobody_reads_give_their_connections_to_others(storage, bucket):  # noqa: F811
    storage.add_mount(mount_of(bucket, "few", max_connections=4))
    bucket.objects["a"] = CONTENT * 8
    bucket.objects["b"] = b"other"
    streams = [await storage.node("few:a").open("rb").__aenter__() for _ in range(8)]
    heads = [await asyncio.wait_for(stream.read(100_000), 60) for stream in streams]
    assert await asyncio.wait_for(storage.node("few:b").read_bytes(), 60) == b"other"
    rests = [await asyncio.wait_for(stream.read(), 60) for stream in streams]
    assert all(head + rest == CONTENT * 8 for head, rest in zip(heads, rests, strict=True))
    assert bucket.count("GET") > 9  # some were opened twice
    for stream in streams:
        await stream.close()


def test_they_do_so_between_threads(storage, bucket):  # noqa: F811
    storage.add_mount(mount_of(bucket, "few", max_connections=4))
    bucket.objects["a"] = CONTENT * 8
    streams = [storage.node("few:a").open("rb") for _ in range(8)]
    results = {}

    def read(index):
        first = streams[index].read(1000)
        results[index] = first + streams[index].read()

    threads = [threading.Thread(target=read, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert all(results[index] == CONTENT * 8 for index in range(8))
    for stream in streams:
        stream.close()


async def test_a_stream_that_gave_way_does_not_go_on_with_another_version(storage, bucket, io, world):  # noqa: F811
    storage.add_mount(mount_of(bucket, "few", max_connections=1))
    bucket.objects["a"] = CONTENT * 8
    node = storage.node("few:a")
    if world == "loop":
        async with node.open("rb") as file:
            assert await file.read(10) == CONTENT[:10]
            bucket.objects["a"] = CONTENT[::-1] * 8
            assert not await storage.node("few:other").exists()
            with pytest.raises(StorageConflictError):
                await file.read()
    else:
        with node.open("rb") as file:
            assert file.read(10) == CONTENT[:10]
            bucket.objects["a"] = CONTENT[::-1] * 8
            assert not storage.node("few:other").exists()
            with pytest.raises(StorageConflictError):
                file.read()


PROGRAM = """
import asyncio, json, resource, sys, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from genro_storage import StorageManager

storage = StorageManager()
storage.configure([json.loads(sys.argv[1])])
calls = int(sys.argv[3])

def right(content):
    return content == bytes(range(256)) * 4000

async def all_at_once():
    return await asyncio.gather(*(storage.node("b:a").read_bytes() for _ in range(calls)))

if sys.argv[2] == "awaited":
    contents = asyncio.run(all_at_once())
else:
    contents = []
    threads = [
        threading.Thread(target=lambda: contents.append(storage.node("b:a").read_bytes())) for _ in range(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert len(contents) == calls and all(map(right, contents))
print("all read")
"""


@pytest.mark.full_only
@pytest.mark.parametrize("way", ["awaited", "threads"])
def test_with_sixty_four_descriptors_a_hundred_calls_wait_for_a_socket(storage, bucket, way):  # noqa: F811
    bucket.objects["a"] = bytes(range(256)) * 4000
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(mount_of(bucket)), way, "100"],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ,
    )
    assert done.stdout.strip() == "all read", done.stderr
