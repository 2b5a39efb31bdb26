"""A write that is stopped takes back what it has made on the server, also where the answer was still on its way."""

import asyncio
import threading

import pytest

from bucket import Bucket, mount_of
from cloud import Cloud, cloud_mount

CONTENT = b"x" * (17 << 20)  # goes up in parts


class AnswersLate:
    """A server that has done what it was asked for, and answers when it is told to, or at its end."""

    def __init__(self):
        self.done = threading.Event()
        self.may_answer = threading.Event()
        super().__init__()

    def hold(self):
        self.done.set()
        self.may_answer.wait(60)

    def stop(self):
        self.may_answer.set()
        super().stop()


class SlowBucket(AnswersLate, Bucket):
    """Does what it is asked for at once, and answers one kind of request late: wholly, or only with its body."""

    def __init__(self, slow, body_only=False, refuses=False):
        self.slow, self.body_only, self.refuses = slow, body_only, refuses
        super().__init__()

    def answer(self, request, connection):
        kind = f"{request.method} {'uploads' if 'uploads' in request.query else 'uploadId'}"
        if kind != self.slow:
            return self.usual(request)
        if self.refuses:  # after a head that said "200 OK"
            body = b"<Error><Code>InternalError</Code><Message>no</Message></Error>"
            reply = self.http(200, body)
        else:
            reply = self.usual(request)
        head, body = reply.split(b"\r\n\r\n", 1)
        if self.body_only:
            connection.sendall(head + b"\r\n\r\n")
            reply = body
        self.hold()
        return reply


@pytest.fixture
def mounted(storage):
    """Mounts a server as `b`, and stops it at the end."""
    servers = []

    def mount(server, config):
        servers.append(server)
        storage.add_mount(config)
        return server

    yield mount
    for server in servers:
        server.stop()


@pytest.fixture
def slow_server(mounted):
    def make(*arguments, **more):
        server = SlowBucket(*arguments, **more)
        return mounted(server, mount_of(server))

    return make


async def start_and_cancel(storage, server, write):
    writing = asyncio.create_task(write(storage.node("b:a")))
    assert await asyncio.to_thread(server.done.wait, 60)
    writing.cancel()
    return writing


async def write_whole(node):
    await node.write_bytes(CONTENT)


async def write_stream(node):
    async with node.open("wb") as file:
        await file.write(CONTENT)
        await file.write(CONTENT)


WRITES = [write_whole, write_stream]


@pytest.mark.loop_only
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("body_only", [False, True])
async def test_an_upload_whose_making_is_answered_soon_after_the_cancel_is_taken_back(
    storage, slow_server, write, body_only
):
    server = slow_server("POST uploads", body_only)
    writing = await start_and_cancel(storage, server, write)
    server.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await asyncio.to_thread(server.wait_until, lambda: not server.uploads)
    assert "a" not in server.objects


@pytest.mark.loop_only
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("body_only", [False, True])
async def test_so_is_one_whose_making_is_answered_long_after(storage, slow_server, write, body_only):
    server = slow_server("POST uploads", body_only)
    writing = await start_and_cancel(storage, server, write)
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert server.uploads
    server.may_answer.set()
    assert await asyncio.to_thread(server.wait_until, lambda: not server.uploads)
    assert "a" not in server.objects


@pytest.mark.loop_only
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("body_only", [False, True])
async def test_a_completion_that_the_server_has_begun_ends_before_the_call_does(storage, slow_server, write, body_only):
    server = slow_server("POST uploadId", body_only)
    writing = await start_and_cancel(storage, server, write)
    assert not (await asyncio.wait([writing], timeout=0.05))[0]
    server.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert server.objects["a"][:17] == CONTENT[:17]
    assert not server.uploads


@pytest.mark.loop_only
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("late", [False, True])
async def test_an_upload_that_the_server_fails_to_complete_in_the_end_is_taken_back(storage, slow_server, write, late):
    server = slow_server("POST uploadId", body_only=True, refuses=True)
    writing = await start_and_cancel(storage, server, write)
    if not late:
        server.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    server.may_answer.set()
    assert await asyncio.to_thread(server.wait_until, lambda: not server.uploads)
    assert "a" not in server.objects


@pytest.mark.loop_only
async def test_cancelled_anywhere_a_write_leaves_no_open_upload(storage, slow_server):
    server = slow_server("nothing")
    for step in range(40):
        writing = asyncio.create_task(storage.node(f"b:{step}").write_bytes(CONTENT))
        await asyncio.wait([writing], timeout=step * 0.002)
        writing.cancel()
        await asyncio.wait([writing])
    assert await asyncio.to_thread(server.wait_until, lambda: not server.uploads)


class SlowCloud(AnswersLate, Cloud):
    """As SlowBucket, of the last request of an upload."""

    def __init__(self, refuses=False):
        self.refuses = refuses
        super().__init__()

    def answer(self, request, connection):
        if request.method != "PUT" or request.headers["content-range"].endswith("/*"):
            return self.usual(request)
        reply = self.wrong(403, "forbidden") if self.refuses else self.usual(request)
        self.hold()
        return reply


@pytest.fixture
def slow_cloud(mounted):
    def make(**more):
        server = SlowCloud(**more)
        return mounted(server, cloud_mount(server, "b", part_size=1 << 20))

    return make


@pytest.mark.loop_only
async def test_an_upload_to_google_that_the_server_is_about_to_end_ends_before_the_call_does(storage, slow_cloud):
    server = slow_cloud()
    writing = await start_and_cancel(storage, server, write_stream)
    assert not (await asyncio.wait([writing], timeout=0.05))[0]
    server.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert server.live["a"].content == 2 * CONTENT
    assert server.targets("DELETE") == []


@pytest.mark.loop_only
@pytest.mark.parametrize("late", [False, True])
async def test_an_upload_to_google_that_the_server_fails_to_end_is_taken_back(storage, slow_cloud, late):
    server = slow_cloud(refuses=True)
    writing = await start_and_cancel(storage, server, write_stream)
    if not late:
        server.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    server.may_answer.set()
    assert await asyncio.to_thread(server.wait_until, lambda: not server.sessions)
    assert server.live == {}
