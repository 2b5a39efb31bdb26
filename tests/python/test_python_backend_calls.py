"""How the methods of a storage written in Python are called: on which threads, in whose context, and until when."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading

import pytest


@pytest.mark.loop_only
async def test_awaited_calls_never_run_on_the_loops_thread(storage, shelf):
    node = storage.node("shelf:a/b")
    await node.write_bytes(b"1")
    await node.read_bytes()
    await node.parent.children()
    await node.copy_to("mem:x")
    await node.delete()
    assert shelf.calls
    assert threading.main_thread() not in {call[-1] for call in shelf.calls}


@pytest.mark.loop_only
async def test_a_slow_backend_does_not_block_the_loop(storage, shelf):
    entered = threading.Event()
    leave = threading.Event()

    def slow(path):
        entered.set()
        return b"late" if leave.wait(60) else b"the loop stood still"

    shelf.files["a"] = b""
    shelf.read_bytes = slow
    reading = asyncio.ensure_future(storage.node("shelf:a").read_bytes())
    while not entered.is_set():  # noqa: ASYNC110  set by another thread
        await asyncio.sleep(0.001)
    leave.set()
    assert await reading == b"late"


@pytest.mark.loop_only
async def test_waiting_for_a_slow_backend_can_be_given_up(storage, shelf):
    leave = threading.Event()
    shelf.files["a"] = b""
    shelf.read_bytes = lambda path: leave.wait(60) and b""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(storage.node("shelf:a").read_bytes(), 0.05)
    leave.set()
    assert await storage.node("shelf:a").read_bytes() == b""


async def test_closing_a_manager_closes_its_backends_and_tells_what_failed(storage, shelf, io):
    closed = []
    shelf.close = lambda: closed.append(threading.current_thread())
    await io(storage.close())
    await io(storage.close())
    assert len(closed) == 2
    shelf.close = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        await io(storage.close())


@pytest.mark.loop_only
async def test_closing_waits_for_a_slow_backend_without_holding_up_the_loop(storage, shelf):
    entered = threading.Event()
    leave = threading.Event()

    def finish():
        entered.set()
        assert leave.wait(60), "the loop stood still"

    shelf.close = finish
    async with storage as same:
        assert same is storage
        closing = asyncio.ensure_future(same.close())
        while not entered.is_set():  # noqa: ASYNC110  set by another thread
            await asyncio.sleep(0.001)
        assert not closing.done()
        leave.set()
        await closing


@pytest.mark.loop_only
async def test_the_end_of_an_async_with_block_closes(storage, shelf):
    closed = []
    shelf.close = lambda: closed.append(threading.current_thread())
    async with storage:
        assert closed == []
    assert len(closed) == 1
    assert closed[0] is not threading.main_thread()
    with storage:  # no `await` in it, so it holds up the loop; it closes all the same
        pass
    assert len(closed) == 2


@pytest.mark.loop_only
async def test_opening_and_streaming_never_run_on_the_loops_thread(storage, shelf):
    shelf.files["big"] = b"x" * (2 << 20)
    async with storage.node("shelf:big").open("rb") as file:
        assert len(await file.read(1 << 20)) == 1 << 20
    async with storage.node("shelf:new").open("w") as file:
        await file.write("text")
    assert shelf.files["new"] == b"text"
    assert {"open", "write_bytes"} <= {call[0] for call in shelf.calls}
    assert threading.main_thread() not in {call[-1] for call in shelf.calls}


def test_an_interrupt_in_its_methods_is_not_swallowed(storage, shelf):
    def interrupt(path):
        raise KeyboardInterrupt

    shelf.exists = interrupt
    for call in (storage.node("shelf:a").exists, storage.node("shelf:a").read_bytes):
        with pytest.raises(KeyboardInterrupt):
            call()


EXIT = """
import asyncio, sys, threading, time
sys.path[:0] = {path!r}
from shelf import Shelf
from genro_storage import StorageManager
storage = StorageManager()
shelf = Shelf()
storage._mounts["shelf"] = shelf
shelf.files["a"] = b"x"
entered = threading.Event()
def slow(path):
    entered.set()
    time.sleep(0.2)
    return b"x"
shelf.read_bytes = slow
async def main():
    asyncio.ensure_future(storage.node("shelf:a").read_bytes())
    while not entered.is_set():
        await asyncio.sleep(0.001)
asyncio.run(main())
"""


def test_the_program_ends_while_it_is_at_work():
    program = EXIT.format(path=sys.path)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")


variable = contextvars.ContextVar("variable", default="unset")


async def test_its_methods_see_the_callers_context(storage, shelf, io):
    shelf.files["a"] = b""
    shelf.read_bytes = lambda path: variable.get().encode()
    token = variable.set("mine")
    try:
        assert await io(storage.node("shelf:a").read_bytes()) == b"mine"
    finally:
        variable.reset(token)


async def test_nodes_give_values_inside_of_its_methods(storage, shelf, io):
    storage.node("mem:inner")
    await io(storage.node("mem:inner").write_bytes(b"inner"))
    shelf.files["a"] = b"?????"
    shelf.read_bytes = lambda path: storage.node("mem:inner").read_bytes()
    shelf.size = lambda path: storage.node("mem:inner").size()
    assert await io(storage.node("shelf:a").read_bytes()) == b"inner"
    assert storage.node("shelf:a").ext_attributes[1] == 5  # a property: it runs on the loop's own thread


def test_many_threads_use_one_backend(storage, shelf):
    def work(number):
        for i in range(50):
            storage.node(f"shelf:{number}/{i}").write_bytes(b"%d" % i)
            assert storage.node(f"shelf:{number}/{i}").read_bytes() == b"%d" % i

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(shelf.files) == 400


@pytest.mark.loop_only
async def test_hundreds_of_awaited_calls_at_once(storage, shelf):
    await asyncio.gather(*(storage.node(f"shelf:{i}").write_bytes(b"%d" % i) for i in range(300)))
    contents = await asyncio.gather(*(storage.node(f"shelf:{i}").read_bytes() for i in range(300)))
    assert contents == [b"%d" % i for i in range(300)]
