"""Cancelled operations: over at once, nothing comes of them later, nothing leaks."""

import asyncio
import contextlib
import os
import signal
import threading
import time

import pytest

from stalling import LoopbackServer, slow_mount


@pytest.mark.loop_only
async def test_a_time_limit_ends_a_slow_read_and_closes_its_connection(storage, stalling):
    storage.add_mount(slow_mount(stalling))
    reading = asyncio.ensure_future(storage.node("slow:big").read_bytes())
    await asyncio.to_thread(stalling.wait)
    begin = time.monotonic()
    with pytest.raises(TimeoutError) as raised:
        await asyncio.wait_for(reading, timeout=0.05)
    assert raised.type is TimeoutError  # not the engine's own, which comes after half a minute
    assert time.monotonic() - begin < 20
    assert await asyncio.to_thread(stalling.closed.wait, 60)


@pytest.mark.loop_only
async def test_a_cancelled_task_is_over_at_once_and_others_go_on(storage, stalling):
    storage.add_mount(slow_mount(stalling))
    tasks = [asyncio.create_task(storage.node(f"slow:{i}").read_bytes()) for i in range(20)]
    await asyncio.to_thread(stalling.wait, 20)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    await storage.node("home:a").write_text("still here")
    assert await storage.node("home:a").read_text() == "still here"


@pytest.mark.loop_only
async def test_a_lent_buffer_stays_lent_until_the_engine_lets_go(storage, stalling):
    storage.add_mount(slow_mount(stalling))
    buffer = bytearray(1_000_000)
    reading = asyncio.ensure_future(storage.node("slow:big").read_into(buffer))
    await asyncio.to_thread(stalling.wait)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    del reading
    assert await asyncio.to_thread(stalling.closed.wait, 60)
    for _ in range(3000):
        await storage.node("mem:x").exists()  # any call releases what the engine has dropped
        with contextlib.suppress(BufferError):
            buffer.clear()  # refused while somebody holds the memory
            break
        await asyncio.sleep(0.02)
    assert len(buffer) == 0


@pytest.mark.loop_only
async def test_a_loop_that_ends_over_a_pending_read_does_not_wait_for_it(storage, stalling):
    storage.add_mount(slow_mount(stalling))

    async def leave():
        await storage.node("slow:big").read_bytes()

    def stop(loop):
        stalling.wait()
        loop.call_soon_threadsafe(loop.stop)

    def elsewhere():
        loop = asyncio.new_event_loop()
        task = loop.create_task(leave())
        stopper = threading.Thread(target=stop, args=(loop,))
        stopper.start()
        loop.run_forever()
        stopper.join()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    begin = time.monotonic()
    await asyncio.to_thread(elsewhere)
    assert time.monotonic() - begin < 20


class Door:
    """The function of a mount's base path, at which operations wait until it is opened."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.reached = threading.Event()
        self.open = threading.Event()

    def __call__(self):
        self.reached.set()
        assert self.open.wait(60)
        return self.folder


@pytest.fixture
def door(storage, tmp_path):
    door = Door(tmp_path)
    storage.add_mount({"name": "door", "protocol": "local", "base_path": door})
    yield door
    door.open.set()


@pytest.mark.loop_only
async def test_a_cancelled_write_has_ended_when_its_task_has(storage, door):
    writing = asyncio.create_task(storage.node("door:a").write_text("cancelled"))
    await asyncio.to_thread(door.reached.wait, 60)
    writing.cancel()
    assert not (await asyncio.wait([writing], timeout=0.05))[0]  # it cannot be stopped where it is
    door.open.set()
    with pytest.raises(asyncio.CancelledError):
        await writing


@pytest.mark.loop_only
async def test_what_cannot_be_stopped_does_not_hold_up_its_task_for_long(storage, door):
    writing = asyncio.create_task(storage.node("door:a").write_text("cancelled"))
    await asyncio.to_thread(door.reached.wait, 60)
    begin = time.monotonic()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(writing, timeout=0.01)
    assert 0.9 < time.monotonic() - begin < 20


@pytest.mark.loop_only
@pytest.mark.parametrize("target", ["home", "mem"])
async def test_what_is_written_after_a_cancelled_call_stays(storage, target):
    content = os.urandom(3_000_000)
    await storage.node("home:from").write_bytes(content)
    await storage.node("mem:from").write_bytes(content)
    await storage.node("mem:folder/a").write_bytes(content)
    judged = 0
    for turn in range(100):
        node = storage.node(target, f"{turn}/a")
        calls = [
            lambda to=node: to.write_bytes(content),
            lambda to=node: storage.node("home:from").copy_to(to),
            lambda to=node: storage.node("mem:from").copy_to(to),
            lambda to=node: storage.node("mem:folder").copy_to(to.parent),
            node.delete,
        ]
        begin = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(calls[turn % len(calls)](), timeout=turn % 7 * 0.0007)
        in_time = time.monotonic() - begin < 0.5  # a disk that hangs is not waited for
        await node.write_bytes(b"mine")
        for _ in range(3 if in_time else 0):
            assert await node.read_bytes() == b"mine"
            await asyncio.sleep(0.001)
        judged += in_time
    assert judged


class SlowBucket(LoopbackServer):
    """Takes whole requests and answers when it is told to."""

    def __init__(self):
        self.asked = threading.Event()
        self.answer = threading.Event()
        super().__init__()

    def one(self, connection):
        request = b""
        while b"\r\n\r\npayload" not in request:
            more = connection.recv(65536)
            if not more:  # the client has gone in the middle of its request
                return
            request += more
        self.asked.set()
        self.answer.wait(60)
        connection.sendall(b'HTTP/1.1 200 OK\r\nETag: "0123456789abcdef0123456789abcdef"\r\nContent-Length: 0\r\n\r\n')
        connection.recv(1)

    def stop(self):
        self.answer.set()
        super().stop()


@pytest.fixture
def slow_bucket(storage):
    bucket = SlowBucket()
    storage.add_mount(slow_mount(bucket))
    yield bucket
    bucket.stop()


@pytest.mark.loop_only
async def test_a_write_that_the_server_has_whole_ends_with_its_answer(storage, slow_bucket):
    writing = asyncio.create_task(storage.node("slow:a").write_bytes(b"payload"))
    await asyncio.to_thread(slow_bucket.asked.wait, 60)
    writing.cancel()
    assert not (await asyncio.wait([writing], timeout=0.05))[0]
    slow_bucket.answer.set()
    with pytest.raises(asyncio.CancelledError):
        await writing


def test_an_interrupted_write_that_ended_all_the_same_raises_the_interrupt(storage, slow_bucket):
    raised = threading.Event()

    def interrupt(*_):
        raised.set()
        raise KeyboardInterrupt

    def disturb():
        assert slow_bucket.asked.wait(60)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        assert raised.wait(60)
        slow_bucket.answer.set()  # the server has it, and says so

    usual = signal.signal(signal.SIGINT, interrupt)
    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            storage.node("slow:a").write_bytes(b"payload")
    finally:
        signal.signal(signal.SIGINT, usual)
        disturbing.join()
    assert storage.node("home:after").write_text("works")


@pytest.mark.loop_only
async def test_a_server_that_never_answers_does_not_hold_up_a_cancelled_write(storage, slow_bucket):
    begin = time.monotonic()
    writing = asyncio.create_task(storage.node("slow:a").write_bytes(b"payload"))
    await asyncio.to_thread(slow_bucket.asked.wait, 60)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert time.monotonic() - begin < 20
