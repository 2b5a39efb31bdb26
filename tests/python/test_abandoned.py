"""Coroutines that are closed or dropped while they wait: what they had begun comes to rest before what comes next."""

import asyncio
import contextlib
import contextvars
import gc
import os
import threading
import warnings

import pytest

from genro_storage import StorageError
from stalling import slow_mount
from test_cancellation import Door


async def step(coroutine):
    """Drives a coroutine on by hand until it waits for something; gives that, or None when it has ended."""
    try:
        waiter = coroutine.send(None)
    except StopIteration:
        return None
    if waiter is not None:
        return waiter
    await asyncio.sleep(0)  # it only gives the loop its turn
    return await step(coroutine)


async def arrival(waiter):
    """Until what a coroutine waits for is there, so that it may be driven on."""
    arrived = asyncio.Event()
    waiter.add_done_callback(lambda _: arrived.set(), context=contextvars.copy_context())
    await asyncio.wait_for(arrived.wait(), 60)


@pytest.mark.loop_only
async def test_a_coroutine_closed_while_it_reads_leaves_its_block(storage, mount):
    content = os.urandom(12_000_000)
    node = storage.node(mount, "f")
    await node.write_bytes(content)
    left = []

    async def read(size):
        async with node.open("rb") as file:
            left.append(file)
            while await file.read(size):
                pass

    for turn in range(30):
        coroutine = read(6_000_000 if turn % 2 else -1)
        for _ in range(turn % 3):
            if (waiter := await step(coroutine)) is None:
                break
            await arrival(waiter)
        else:
            await step(coroutine)
        if turn % 5 == 0:
            await asyncio.sleep(0)
        coroutine.close()
    assert len(left) >= 10
    assert await node.read_bytes() == content
    for file in left:
        with pytest.raises(ValueError):
            await file.read(1)


@pytest.mark.loop_only
async def test_a_coroutine_closed_while_it_writes_stores_nothing(storage, mount):
    node = storage.node(mount, "f")
    await node.write_text("old")

    async def write():
        async with node.open("wb") as file:
            for _ in range(5):
                await file.write(b"x" * 3_000_000)
            await asyncio.get_running_loop().create_future()  # it never ends by itself

    for turn in range(12):
        coroutine = write()
        for _ in range(turn % 4):
            waiter = await step(coroutine)
            if isinstance(waiter, asyncio.Future):
                break
            await arrival(waiter)
        else:
            await step(coroutine)
        coroutine.close()
        assert await node.read_text() == "old"


@pytest.mark.loop_only
async def test_a_closed_call_can_be_followed_by_another_one_on_the_same_file(storage, mount):
    content = os.urandom(12_000_000)
    node = storage.node(mount, "f")
    await node.write_bytes(content)
    async with node.open("rb") as file:
        for turn in range(20):
            reading = file.read(6_000_000)
            if await step(reading) and turn % 2:
                await asyncio.sleep(0)
            reading.close()
            place = file.tell()
            assert await file.read(1000) == content[place : place + 1000]
            await file.seek(turn)


@pytest.mark.loop_only
async def test_a_dropped_call_can_be_followed_by_another_one_on_the_same_file(storage, mount):
    content = os.urandom(12_000_000)
    node = storage.node(mount, "f")
    await node.write_bytes(content)
    async with node.open("rb") as file:
        for turn in range(10):
            reading = file.read(6_000_000)
            await step(reading)
            del reading
            gc.collect()
            place = file.tell()
            assert await file.read(1000) == content[place : place + 1000]
            await file.seek(turn)


@pytest.mark.loop_only
async def test_a_read_that_stalls_can_be_closed_in_its_block(storage, stalling):
    storage.add_mount(slow_mount(stalling))

    async def read():
        async with storage.node("slow:big").open("rb") as file:
            await file.read()

    coroutine = read()
    await arrival(await step(coroutine))  # it is open
    assert await step(coroutine)  # it reads
    coroutine.close()
    assert await asyncio.to_thread(stalling.closed.wait, 60)


def test_a_file_of_a_loop_that_was_closed_over_its_call_goes_on_in_another_one(storage, mount):
    content = os.urandom(12_000_000)
    node = storage.node(mount, "f")
    node.write_bytes(content)

    async def open_it():
        return await node.open("rb").__aenter__()

    async def read_on():
        place = file.tell()
        assert await file.read(1_000_000) == content[place : place + 1_000_000]
        await file.close()

    loop = asyncio.new_event_loop()
    file = loop.run_until_complete(open_it())
    tasks = [loop.create_task(file.read(4_000_000)) for _ in range(3)]
    loop.call_soon(loop.stop)
    loop.run_forever()
    for task in tasks:
        task._log_destroy_pending = False
    loop.close()
    asyncio.run(asyncio.wait_for(read_on(), 60))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that their coroutines end without a loop
        del tasks, task, loop
        gc.collect()


def ended_over(loop, call):
    """Begins a call in the loop and closes that over it. Gives the task, which must be kept: so the call never ends."""

    async def begin():
        return asyncio.ensure_future(call())

    task = loop.run_until_complete(begin())
    task._log_destroy_pending = False
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    return task


@pytest.mark.parametrize("change", ["write", "small", "gathered", "truncate", "waits"])
def test_a_file_whose_loop_was_closed_over_a_change_stores_nothing(storage, mount, change):
    node = storage.node(mount, "f")
    node.write_bytes(b"old" * 1_000_000)

    async def open_it():
        file = await node.open("r+b").__aenter__()
        if change == "gathered":
            await file.write(bytes(200_000))
        if change == "waits":
            file._turns.try_take()  # as another call of that loop has it
        return file

    calls = {
        "write": lambda: file.write(bytes(2_900_000)),
        "small": lambda: file.write(bytes(300_000)),
        "gathered": lambda: file.read(10),
        "truncate": lambda: file.truncate(5),
        "waits": lambda: file.write(b"new"),
    }

    async def go_on():
        await file.seek(0)
        await file.write(b"behind")
        try:
            await file.close()
        except StorageError as error:
            return str(error)

    old = b"old" * 1_000_000
    changed = {
        "write": bytes(2_900_000) + old[2_900_000:],
        "small": bytes(300_000) + old[300_000:],
        "gathered": bytes(200_000) + old[200_000:],  # what is written before the read may be made when that is not
        "truncate": old[:5],
        "waits": None,
    }[change]
    loop = asyncio.new_event_loop()
    file = loop.run_until_complete(open_it())
    task = ended_over(loop, calls[change])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the coroutine ends without a loop
        refusal = asyncio.run(asyncio.wait_for(go_on(), 60))
        if refusal is None:
            assert task.done() or change == "gathered"
            assert node.read_bytes() == b"behind" + changed[6:]
        else:
            assert "nothing is stored" in refusal
            assert not task.done()
            assert node.read_bytes() == old
        del task, loop
        gc.collect()


@pytest.fixture
def door(storage, tmp_path):
    door = Door(tmp_path)
    storage.add_mount({"name": "door", "protocol": "local", "base_path": door})
    yield door
    door.open.set()


@pytest.mark.loop_only
@pytest.mark.parametrize("way", ["close", "drop"])
async def test_what_begins_after_a_closed_write_is_not_overtaken_by_it(storage, door, tmp_path, way):
    writing = storage.node("door:a").write_text("abandoned")
    assert await step(writing)
    await asyncio.to_thread(door.reached.wait, 60)
    if way == "close":
        writing.close()
    del writing
    after = asyncio.ensure_future(storage.node("home:b").write_text("next"))
    assert not (await asyncio.wait([after], timeout=0.05))[0]  # it waits until the abandoned one is at rest
    door.open.set()
    assert await after is True
    with contextlib.suppress(FileNotFoundError):
        (tmp_path / "a").write_text("mine")
        assert await storage.node("door:a").read_text() == "mine"


@pytest.mark.loop_only
async def test_values_wait_for_abandoned_calls_as_well_but_not_for_ever(storage, door):
    writing = storage.node("door:a").write_text("abandoned")
    assert await step(writing)
    await asyncio.to_thread(door.reached.wait, 60)
    writing.close()
    ended = threading.Event()

    def elsewhere():
        storage.node("mem:b").write_text("next")
        ended.set()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    assert not await asyncio.to_thread(ended.wait, 0.05)
    assert await asyncio.to_thread(ended.wait, 60)  # the door is closed still
    thread.join()
