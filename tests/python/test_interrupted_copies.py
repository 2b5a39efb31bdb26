"""Copies that end before their time: by an order to end, by cancellation, with their loop."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref

import pytest

GENEROUS = 60  # seconds
FILES = 30


@pytest.fixture
def source(storage):
    for i in range(FILES):
        storage.node(f"home:in/{i:02}").write_bytes(b"x")
        storage.node(f"home:out/{i:02}").write_bytes(b"old")
    storage.node("home:file").write_bytes(b"x")
    storage.node("home:there").write_bytes(b"old")
    return storage.node("home:in")


@pytest.fixture(params=[KeyboardInterrupt, SystemExit, GeneratorExit])
def order(request):
    return request.param("now")


class Raising:
    """Raises at its third call, or at its first."""

    def __init__(self, order, at=3):
        self.order = order
        self.at = at
        self.calls = 0

    def __call__(self, *arguments):
        self.calls += 1
        if self.calls == self.at:
            raise self.order
        return True


async def raised_by(make, io):
    try:
        await io(make())
    except BaseException as error:
        return error
    return None


@pytest.mark.parametrize("option", ["filter", "skip", "on_file", "on_skip", "progress"])
async def test_an_order_to_end_in_a_callback_ends_the_copy_of_a_folder(source, io, order, option):
    callback = Raising(order)
    options = {option: callback}
    if option == "on_skip":
        options["skip"] = "exists"
    assert await raised_by(lambda: source.copy_to("home:out", **options), io) is order
    assert callback.calls == 3


@pytest.mark.parametrize("option", ["skip", "on_file", "progress"])
async def test_an_order_to_end_in_a_callback_ends_the_copy_of_a_file(storage, source, io, order, option):
    callback = Raising(order, at=1)
    assert await raised_by(lambda: storage.node("home:file").copy_to("home:there", **{option: callback}), io) is order
    if option == "skip":
        assert await io(storage.node("home:there").read_bytes()) == b"old"


async def test_an_order_to_end_in_on_error_ends_the_copy(source, io, order):
    def fails(node, target):
        raise ValueError("cannot compare")

    on_error = Raising(order, at=1)
    assert await raised_by(lambda: source.copy_to("home:out", skip=fails, on_error=on_error), io) is order
    assert on_error.calls == 1


async def test_an_order_to_end_in_a_base_function_comes_out(storage, io, order):
    storage.add_mount({"name": "chosen", "protocol": "local", "base_path": Raising(order, at=1)})
    assert await raised_by(lambda: storage.node("chosen:a").read_bytes(), io) is order


async def test_an_order_to_end_in_a_backend_in_python_ends_a_comparison(storage, source, shelf, io, order):
    shelf.files["00"] = b"y"
    shelf.open = Raising(order, at=1)
    shelf.read_bytes = Raising(order, at=1)
    assert await raised_by(lambda: source.copy_to("shelf:", skip="hash"), io) is order


async def test_a_callback_that_only_fails_leaves_the_file_out(source, io):
    def fails(node, path):
        raise ValueError("no idea")

    skipped = []
    await io(source.copy_to("home:new", filter=fails, on_skip=lambda node, reason: skipped.append(reason)))
    assert skipped == ["filter error: no idea"] * FILES


class Waiting:
    """Waits in its third call until it is let go."""

    def __init__(self):
        self.calls = 0
        self.reached = threading.Event()
        self.leave = threading.Event()

    def __call__(self, *arguments):
        self.calls += 1
        if self.calls == 3:
            self.reached.set()
            assert self.leave.wait(GENEROUS)
        return True


async def until(event):
    assert await asyncio.to_thread(event.wait, GENEROUS)


@pytest.mark.loop_only
@pytest.mark.parametrize("option", ["filter", "skip", "on_file", "progress"])
async def test_a_cancelled_copy_calls_no_callback_any_more(storage, source, option):
    callback = Waiting()
    copying = asyncio.ensure_future(source.copy_to("home:out", **{option: callback}))
    await until(callback.reached)
    copying.cancel()
    await asyncio.sleep(0)
    await storage.node("home:file").write_bytes(b"the engine has heard of it before this")
    callback.leave.set()
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert callback.calls == 3


@pytest.mark.parametrize("option", ["filter", "on_file"])
def test_a_copy_ends_with_its_loop(storage, source, option):
    callback = Waiting()
    state = callback.__dict__  # what stays to be looked at when it is gone

    async def begin(callback):
        task = asyncio.ensure_future(source.copy_to("home:out", **{option: callback}))
        await until(callback.reached)
        return weakref.ref(task)

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)  # asyncio tells of a task that was pending
    task = loop.run_until_complete(begin(callback))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    gc.collect()
    assert task() is None, "the task outlives its loop"

    async def after():
        await storage.node("home:file").write_bytes(b"the engine has heard of it before this")

    asyncio.run(after())
    gone = weakref.ref(callback)
    del callback
    state["leave"].set()
    patience = time.monotonic() + GENEROUS
    while gone() is not None and time.monotonic() < patience:
        storage.node("mem:x").exists()  # where references that the engine dropped are let go
        time.sleep(0.001)
        gc.collect()
    assert gone() is None, "the copy never ended"
    assert state["calls"] == 3
