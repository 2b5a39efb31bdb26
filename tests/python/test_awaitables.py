"""What a method returns inside a running loop: lazy, awaited once, and accepted wherever a coroutine is."""

import asyncio
import collections.abc
import contextvars
import gc
import inspect
import io
import subprocess
import sys
import threading
import time
import types
import warnings
import weakref

import pytest

pytestmark = pytest.mark.loop_only


async def test_it_is_a_coroutine_to_python_and_to_asyncio(storage):
    call = storage.node("mem:a").exists()
    assert isinstance(call, collections.abc.Coroutine)
    assert isinstance(call, collections.abc.Awaitable)
    assert asyncio.iscoroutine(call)
    assert inspect.isawaitable(call)
    assert inspect.iscoroutine(call)
    assert isinstance(call, types.CoroutineType)
    assert call.__name__ == "exists"
    assert call.__qualname__ == "StorageNode.exists"
    assert "StorageNode.exists" in repr(call)
    assert await call is False


async def test_inspect_tells_its_state(storage, echo):
    call = echo("held")
    assert inspect.getcoroutinestate(call) == inspect.CORO_CREATED
    task = asyncio.ensure_future(call)
    await asyncio.sleep(0)
    assert inspect.getcoroutinestate(call) == inspect.CORO_SUSPENDED
    assert inspect.getcoroutinelocals(call) == {}
    assert [frame.f_code.co_name for frame in task.get_stack()] == ["StorageNode.read_bytes"]
    written = io.StringIO()
    task.print_stack(file=written)
    assert "StorageNode.read_bytes" in written.getvalue()
    echo.release()
    assert await task == b"held"
    assert inspect.getcoroutinestate(call) == inspect.CORO_CLOSED
    closed = storage.node("mem:a").exists()
    closed.close()
    assert inspect.getcoroutinestate(closed) == inspect.CORO_CLOSED


async def test_nothing_happens_before_it_is_awaited(storage):
    node = storage.node("mem:a")
    call = node.write_bytes(b"x")
    await asyncio.sleep(0.01)
    assert await node.exists() is False
    assert await call is True
    assert await node.exists() is True


async def test_arguments_that_make_no_sense_fail_when_it_is_awaited(storage):
    call = storage.node("mem:a").read("nonsense")
    with pytest.raises(ValueError, match="Invalid read mode"):
        await call


async def test_it_is_awaited_once(storage):
    call = storage.node("mem:a").exists()
    assert await call is False
    with pytest.raises(RuntimeError, match="cannot reuse"):
        await call


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_asyncio_takes_it_everywhere(storage, mount):
    node = storage.node(mount, "a")
    assert await asyncio.create_task(node.write_bytes(b"1"), name="write") is True
    assert await asyncio.gather(node.read_bytes(), node.exists(), node.size()) == [b"1", True, 1]
    assert await asyncio.wait_for(node.read_bytes(), timeout=5) == b"1"
    assert await asyncio.shield(node.read_bytes()) == b"1"
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(node.size()) for _ in range(10)]
    assert [task.result() for task in tasks] == [1] * 10
    done, _ = await asyncio.wait([asyncio.ensure_future(node.exists())])
    assert done.pop().result() is True
    assert "StorageNode.exists" in repr(asyncio.ensure_future(node.exists()))
    await asyncio.sleep(0)


async def test_failures_reach_the_one_who_gathers(storage):
    results = await asyncio.gather(
        storage.node("mem:none").read_bytes(), storage.node("home:none").read_bytes(), return_exceptions=True
    )
    assert [type(result).__name__ for result in results] == ["StorageNotFoundError"] * 2


async def test_a_tuple_is_one_value(storage):
    def generator():
        return (yield from storage.node("mem:a").children().__await__())

    await storage.node("mem:a").mkdir()
    assert [waits for waits in generator() if waits is not None] == []  # it may give the loop its turn


async def test_dropped_unawaited_it_warns(storage):
    with pytest.warns(RuntimeWarning, match=r"coroutine 'StorageNode.read_bytes' was never awaited"):
        storage.node("mem:a").read_bytes()


async def test_closed_unawaited_it_does_not_warn(storage):
    call = storage.node("mem:a").write_bytes(b"x")
    call.close()
    call.close()
    assert await storage.node("mem:a").exists() is False
    with pytest.raises(RuntimeError, match="cannot reuse"):
        await call


async def test_throwing_into_it_ends_it(storage):
    call = storage.node("mem:a").exists()
    with pytest.raises(KeyError, match="reason"):
        call.throw(KeyError("reason"))
    with pytest.raises(RuntimeError):
        call.send(None)


async def test_it_can_be_weakly_referred_to(storage):
    call = storage.node("mem:a").exists()
    seen = weakref.ref(call)
    await call
    del call
    assert seen() is None


async def test_ten_thousand_tasks_at_once(storage):
    async def one(i):
        node = storage.node(f"mem:{i % 100}/{i}")
        await node.write_bytes(i.to_bytes(4, "big"))
        return int.from_bytes(await node.read_bytes(), "big")

    assert await asyncio.gather(*[one(i) for i in range(10_000)]) == list(range(10_000))


async def test_a_thousand_local_files_at_once(storage):
    nodes = [storage.node(f"home:{i % 10}/{i}") for i in range(1000)]
    await asyncio.gather(*[node.write_text(node.path) for node in nodes])
    assert await asyncio.gather(*[node.read_text() for node in nodes]) == [node.path for node in nodes]


async def test_other_tasks_run_while_files_are_written(storage):
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticker = asyncio.create_task(tick())
    for _ in range(100):  # one may be written before this thread looks whether it has to wait
        await storage.node("home:big").write_bytes(bytes(8 << 20))
        if ticks:
            break
    ticker.cancel()
    assert ticks > 0


async def test_a_thread_beside_the_loop_gets_values(storage):
    def elsewhere():
        node = storage.node("home:t")
        node.write_text("from a thread")
        return node.read_text()

    assert await asyncio.to_thread(elsewhere) == "from a thread"
    assert await storage.node("home:t").read_text() == "from a thread"


def test_values_again_when_the_loop_has_ended(storage):
    async def write():
        await storage.node("home:t").write_text("x")

    asyncio.run(write())
    assert storage.node("home:t").read_text() == "x"


def test_one_loop_after_the_other(storage):
    async def work(i):
        await storage.node("home:t").write_text(str(i))
        return await storage.node("home:t").read_text()

    assert [asyncio.run(work(i)) for i in range(20)] == [str(i) for i in range(20)]


def test_several_loops_in_several_threads_share_a_manager(storage):
    errors = []

    async def work(worker):
        nodes = [storage.node(f"home:{worker}/{i}") for i in range(50)]
        await asyncio.gather(*[node.write_text(node.path) for node in nodes])
        contents = await asyncio.gather(*[node.read_text() for node in nodes])
        if contents != [node.path for node in nodes]:
            errors.append(worker)

    def thread(worker):
        try:
            for _ in range(3):
                asyncio.run(work(worker))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=thread, args=(worker,)) for worker in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert errors == []


def test_threads_without_loops_share_a_manager(storage):
    wrong = []

    def thread(worker):
        for i in range(100):
            node = storage.node(f"mem:{worker}/{i}")
            node.write_bytes(f"{worker}-{i}".encode())
            if node.read_bytes() != f"{worker}-{i}".encode():
                wrong.append((worker, i))

    threads = [threading.Thread(target=thread, args=(worker,)) for worker in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []


async def test_parallel_reads_of_one_file_each_get_the_whole(storage, mount):
    data = bytes(range(256)) * 2000
    await storage.node(mount, "shared").write_bytes(data)
    contents = await asyncio.gather(*[storage.node(mount, "shared").read_bytes() for _ in range(50)])
    assert all(content == data for content in contents)


def test_importing_the_package_does_not_import_asyncio():
    unwanted = {"asyncio", "yaml", "typing", "inspect", "dataclasses"}
    code = f"import sys, genro_storage; print(sorted({unwanted} & set(sys.modules)))"
    before = subprocess.run(
        [sys.executable, "-c", code.replace(", genro_storage", "")], capture_output=True, text=True, check=True
    )
    after = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert after.stdout == before.stdout


async def test_uvloop_serves_as_well(storage, on_uvloop):
    async def work():
        nodes = [storage.node(f"home:{i}") for i in range(200)]
        await asyncio.gather(*[node.write_text(node.path) for node in nodes])
        return await asyncio.gather(*[node.read_text() for node in nodes])

    assert await on_uvloop(work) == [str(i) for i in range(200)]


async def test_a_callable_base_sees_the_context_of_the_call(storage, tmp_path):
    tenant = contextvars.ContextVar("tenant")
    storage.add_mount({"name": "tenant", "protocol": "local", "base_path": lambda: tmp_path / tenant.get()})

    async def one(name):
        tenant.set(name)
        await storage.node("tenant:f").write_text(name)
        return await storage.node("tenant:f").read_text()

    assert await asyncio.gather(*[asyncio.create_task(one(f"t{i}")) for i in range(5)]) == [f"t{i}" for i in range(5)]


async def test_tasks_woken_together_each_run_in_their_own_context(echo):
    mine = contextvars.ContextVar("mine")

    async def one(i):
        mine.set(i)
        assert await echo(str(i)) == str(i).encode()
        assert mine.get() == i
        assert asyncio.current_task() is tasks[i]
        return mine.get()

    tasks = [asyncio.create_task(one(i)) for i in range(40)]
    assert await asyncio.gather(*tasks) == list(range(40))
    assert mine.get(None) is None


async def test_cancelling_a_waiting_task_ends_it_with_the_message(echo):
    tasks = [asyncio.create_task(echo(f"held-{i}")) for i in range(20)]
    await asyncio.sleep(0)  # each has begun and waits
    for task in tasks[::2]:
        assert task.cancel("enough")
    echo.release()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    assert results[1::2] == [f"held-{i}".encode() for i in range(1, 20, 2)]


async def test_a_task_may_cancel_another_one_that_is_woken_with_it(echo):
    async def first():
        await echo("first")
        return [task.cancel() for task in others]

    async def other(i):
        assert await echo(str(i)) == str(i).encode()
        return i

    others = []
    canceller = asyncio.create_task(first())
    others += [asyncio.create_task(other(i)) for i in range(10)]
    cancelled = await canceller
    results = await asyncio.gather(*others, return_exceptions=True)
    for i, result in enumerate(results):
        assert isinstance(result, asyncio.CancelledError) if cancelled[i] else result == i


def test_an_exit_raised_by_a_woken_task_ends_the_loop_and_no_result_is_lost(echo):
    done = []

    async def leave():
        await echo("leave")
        raise SystemExit(3)

    async def stay(i):
        done.append(await echo(str(i)))

    loop = asyncio.new_event_loop()
    tasks = [loop.create_task(stay(i)) for i in range(5)]
    leaving = loop.create_task(leave())
    tasks += [loop.create_task(stay(i)) for i in range(5, 10)]
    with pytest.raises(SystemExit):
        loop.run_until_complete(asyncio.gather(*tasks, leaving))
    assert isinstance(leaving.exception(), SystemExit)
    loop.run_until_complete(asyncio.wait(tasks))
    assert sorted(done) == [str(i).encode() for i in range(10)]
    loop.close()


async def test_what_it_waits_for_speaks_the_protocol_of_futures(echo):
    call = echo("held-by-hand")
    waiter = call.send(None)
    assert waiter._asyncio_future_blocking is True
    assert waiter.get_loop() is asyncio.get_running_loop()
    assert not waiter.done()
    assert not waiter.cancelled()
    with pytest.raises(asyncio.InvalidStateError):
        waiter.result()
    woken = asyncio.Event()
    waiter.add_done_callback(lambda done: woken.set() if done is waiter else None, context=contextvars.copy_context())
    with pytest.raises(RuntimeError):
        waiter.add_done_callback(print)
    echo.release()
    await woken.wait()
    assert waiter.done()
    assert waiter.result() is None
    assert not waiter.cancel()
    with pytest.raises(StopIteration) as end:
        call.send(None)
    assert end.value.value == b"held-by-hand"


async def test_a_waiter_cancelled_by_hand_tells_why_when_its_operation_has_ended(echo):
    call = echo("held")
    waiter = call.send(None)
    seen = []
    ended = asyncio.Event()
    waiter.add_done_callback(lambda done: (seen.append(done), ended.set()))
    assert waiter.cancel("why")
    assert waiter.cancel("again")  # as a gathering future has it: it will be
    assert not waiter.done()
    await ended.wait()
    assert seen == [waiter]
    assert waiter.cancelled()
    assert not waiter.cancel()
    with pytest.raises(asyncio.CancelledError, match="why"):
        waiter.result()
    call.close()


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("inside", [False, True])
async def test_a_task_ends_when_somebody_else_closes_what_it_awaits(echo, inside, elsewhere):
    call = echo("held")

    async def within():
        return await call

    task = asyncio.create_task(within() if inside else call)
    await asyncio.sleep(0)  # it waits now
    assert inspect.getcoroutinestate(call) == inspect.CORO_SUSPENDED
    if elsewhere:
        await asyncio.to_thread(call.close)
    else:
        call.close()
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        await asyncio.wait_for(task, 60)
    assert await echo("other") == b"other"


async def test_a_task_that_is_being_cancelled_ends_when_its_call_is_closed(echo):
    call = echo("held")
    task = asyncio.create_task(call)
    await asyncio.sleep(0)
    task.cancel()
    call.close()
    done, _ = await asyncio.wait([task], timeout=60)
    assert done == {task}
    assert isinstance(task.exception(), RuntimeError)  # as of a coroutine that is thrown into after its end


async def test_what_closes_the_very_call_that_it_serves_ends_it(storage, tmp_path):
    calls = []

    def base():
        for call in calls:
            call.close()
        return str(tmp_path)

    storage.add_mount({"name": "asking", "protocol": "local", "base_path": base})
    call = storage.node("asking:none").read_bytes()
    calls.append(call)
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        await asyncio.wait_for(asyncio.ensure_future(call), 60)


async def test_a_call_that_others_throw_into_leaves_its_task_with_an_end(echo):
    call = echo("held")
    task = asyncio.create_task(call)
    await asyncio.sleep(0)
    with pytest.raises(KeyError):
        call.throw(KeyError("x"))
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        await asyncio.wait_for(task, 60)


@pytest.mark.parametrize("closed", [True, False])
def test_a_loop_dropped_with_waiting_tasks_leaves_nothing(storage, echo, closed):
    class Marked(list):
        pass

    marked = Marked()
    seen = weakref.ref(marked)

    async def wait(kept):
        await echo("held")
        return kept

    loop = asyncio.new_event_loop()
    task = loop.create_task(wait(marked))
    task._log_destroy_pending = False
    loop.call_soon(loop.stop)
    loop.run_forever()
    if closed:
        loop.close()
    left = weakref.ref(loop)
    del loop, task, marked
    if closed:
        echo.release()
    deadline = time.monotonic() + 60
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it was not closed
        while (seen() or left()) is not None and time.monotonic() < deadline:
            storage.node("mem:x").exists()  # any call releases what the engine has dropped
            gc.collect()
            time.sleep(0.01)
    assert seen() is None
    assert left() is None
