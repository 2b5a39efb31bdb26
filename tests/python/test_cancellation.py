"""Cancelled and abandoned operations: over at once, nothing comes of them later, nothing leaks, nothing hangs."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest


class StallingServer:
    """Accepts connections, sends the head of an answer and a part of its body, and then nothing more."""

    HEAD = b'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nETag: "0123456789abcdef0123456789abcdef"\r\n\r\n'

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.requests = threading.Semaphore(0)  # one for each request whose answer has begun
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.stall, args=(connection,), daemon=True).start()

    def stall(self, connection):
        with connection, contextlib.suppress(OSError):
            if connection.recv(65536):
                connection.sendall(self.HEAD + b"x" * 1000)
                self.requests.release()
                try:
                    while connection.recv(65536):
                        pass
                finally:
                    self.closed.set()

    def wait(self, requests=1):
        for _ in range(requests):
            assert self.requests.acquire(timeout=60)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next one
        self.listener.close()


@pytest.fixture
def stalling():
    server = StallingServer()
    yield server
    server.stop()


def slow_mount(server):
    return {
        "name": "slow",
        "protocol": "s3",
        "bucket": "bucket",
        "region": "us-east-1",
        "endpoint_url": server.url,
        "access_key": "key",
        "secret_key": "secret",
    }


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


class SlowBucket:
    """Takes whole requests and answers when it is told to."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.asked = threading.Event()
        self.answer = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        with connection, contextlib.suppress(OSError):
            request = b""
            while b"\r\n\r\npayload" not in request:
                request += connection.recv(65536)
            self.asked.set()
            self.answer.wait(60)
            connection.sendall(
                b'HTTP/1.1 200 OK\r\nETag: "0123456789abcdef0123456789abcdef"\r\nContent-Length: 0\r\n\r\n'
            )
            connection.recv(1)

    def stop(self):
        self.answer.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


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


@pytest.mark.loop_only
async def test_a_server_that_never_answers_does_not_hold_up_a_cancelled_write(storage, slow_bucket):
    begin = time.monotonic()
    writing = asyncio.create_task(storage.node("slow:a").write_bytes(b"payload"))
    await asyncio.to_thread(slow_bucket.asked.wait, 60)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert time.monotonic() - begin < 20


def run_python(code, *, cwd, after=None, timeout=100):
    """Runs a program of its own; `after(process)` may disturb it. Gives its exit status, output and errors."""
    package = str(Path(__import__("genro_storage").__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-W", "error", "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": package},
    )
    try:
        if after:
            after(process)
        output, errors = process.communicate(timeout=timeout)
    finally:
        process.kill()
        process.communicate()
    return process.returncode, output, errors


SETUP = """
import asyncio, os, signal, sys, threading, time
from genro_storage import StorageManager
storage = StorageManager()
storage.configure([
    {{"name": "home", "protocol": "local", "base_path": os.getcwd()}},
    {{"name": "mem", "protocol": "memory"}},
])
"""
SLOW = (
    SETUP
    + """
storage.add_mount({mount!r})
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
"""
)


def test_the_interpreter_exits_over_pending_operations(stalling, tmp_path):
    code = (
        SLOW.format(mount=slow_mount(stalling))
        + """
async def main():
    tasks = [asyncio.create_task(storage.node("slow:%d" % i).read_bytes()) for i in range(10)]
    await asyncio.sleep(0.2)
    print("leaving", flush=True)
    loop = asyncio.get_running_loop()
    for task in tasks:
        task._log_destroy_pending = False
    loop.stop()
    await asyncio.sleep(3600)
loop = asyncio.new_event_loop()
main_task = loop.create_task(main())
main_task._log_destroy_pending = False
loop.run_forever()
threading.Thread(target=lambda: storage.node("slow:daemon").read_bytes(), daemon=True).start()
time.sleep(0.2)
loop.close()
"""
    )
    begin = time.monotonic()
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output) == (0, "leaving\n"), errors
    assert time.monotonic() - begin < 25  # the engine itself gives the server half a minute


def test_control_c_ends_a_blocked_call(stalling, tmp_path):
    code = (
        SLOW.format(mount=slow_mount(stalling))
        + """
print("reading", flush=True)
try:
    storage.node("slow:big").read_bytes()
except KeyboardInterrupt as error:
    print("interrupted", type(error).__name__)
storage.node("home:after").write_text("works")
print(storage.node("home:after").read_text())
"""
    )

    def interrupt(process):
        assert process.stdout.readline() == "reading\n"
        stalling.wait()
        process.send_signal(2)

    status, output, errors = run_python(code, cwd=tmp_path, after=interrupt, timeout=25)
    assert (status, output) == (0, "interrupted KeyboardInterrupt\nworks\n"), errors


def test_a_signal_handler_that_returns_lets_the_call_go_on(stalling, tmp_path):
    code = (
        SLOW.format(mount=slow_mount(stalling))
        + """
signal.signal(signal.SIGUSR1, lambda *_: print("handled", flush=True))
print("reading", flush=True)
try:
    storage.node("slow:big").read_bytes()
except KeyboardInterrupt:
    print("interrupted")
"""
    )

    def disturb(process):
        assert process.stdout.readline() == "reading\n"
        stalling.wait()
        process.send_signal(10)
        assert process.stdout.readline() == "handled\n"
        time.sleep(0.2)
        assert process.poll() is None
        process.send_signal(2)

    status, output, errors = run_python(code, cwd=tmp_path, after=disturb)
    assert (status, output) == (0, "interrupted\n"), errors


def test_a_forked_child_has_an_engine_of_its_own(tmp_path):
    code = (
        SETUP.format()
        + """
async def work(name):
    nodes = [storage.node("home:%s%d" % (name, i)) for i in range(30)]
    await asyncio.gather(*[node.write_text(name) for node in nodes])
    assert await asyncio.gather(*[node.read_text() for node in nodes]) == [name] * 30
asyncio.run(work("parent"))
child = os.fork()
if child == 0:
    asyncio.run(work("child"))
    assert storage.node("home:child0").read_text() == "child"
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
asyncio.run(work("parent again"))
print("done")
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output) == (0, "done\n"), errors


def test_multiprocessing_by_fork_works(tmp_path):
    code = (
        SETUP.format()
        + """
import multiprocessing
def work(i):
    async def body():
        await storage.node("home:%d" % i).write_text(str(i))
        return await storage.node("home:%d" % i).read_text()
    return asyncio.run(body())
if __name__ == "__main__":
    work(99)   # the parent's engine runs
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(pool.map(work, range(6)))
"""
    )
    status, output, errors = run_python(code, cwd=tmp_path)
    assert (status, output) == (0, "['0', '1', '2', '3', '4', '5']\n"), errors


@pytest.mark.parametrize("last_words", ["", "os.kill(os.getpid(), signal.SIGTERM)"])
def test_a_callback_on_a_helper_thread_does_not_disturb_the_exit(tmp_path, last_words):
    code = (
        SETUP.format()
        + f"""
for i in range(20):
    storage.node("home:tree/%d" % i).write_text("x")
async def main():
    task = asyncio.create_task(storage.node("home:tree").copy_to("mem:exit", progress=lambda *_: time.sleep(0.05)))
    await asyncio.sleep(0.1)
    task._log_destroy_pending = False
    asyncio.get_running_loop().stop()
    await asyncio.sleep(3600)
loop = asyncio.new_event_loop()
main_task = loop.create_task(main())
main_task._log_destroy_pending = False
loop.run_forever()
loop.close()
{last_words}
"""
    )
    status, _, errors = run_python(code, cwd=tmp_path)
    assert status == (-15 if last_words else 0), errors


@pytest.mark.parametrize("step", ["sync", "loop", "callback", "refused"])
def test_daemon_threads_at_work_do_not_disturb_the_exit(tmp_path, step):
    code = (
        SETUP.format()
        + f"""
storage.node("home:big").write_bytes(b"x" * 300_000)
def sync():
    storage.node("home:big").read_bytes()
def callback():
    storage.node("home:big").copy_to("mem:%d" % threading.get_ident(), progress=lambda *_: sum(range(1000)))
def refused():
    try:
        storage.node("home:none").read_bytes()
    except FileNotFoundError:
        pass
async def reading():
    while True:
        await storage.node("home:big").read_bytes()
def loop():
    async def main():
        await asyncio.gather(*[reading() for _ in range(10)])
    asyncio.run(main())
def for_ever():
    while True:
        {step}()
for _ in range(6):
    threading.Thread(target=for_ever, daemon=True).start()
time.sleep(0.1)
"""
    )
    for _ in range(5):
        status, _, errors = run_python(code, cwd=tmp_path)
        assert status == 0, errors
