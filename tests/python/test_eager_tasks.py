"""Tasks that begin at once, as Python 3.12 has them: an operation may end before its task is scheduled at all."""

import asyncio
import contextvars
import sys

import pytest

pytestmark = [
    pytest.mark.loop_only,
    pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks begin at once from Python 3.12 on"),
]


def begin_at_once():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)


async def test_what_never_waits_is_done_when_its_task_is_made(storage):
    begin_at_once()
    node = storage.node("mem:a")
    written = asyncio.create_task(node.write_text("at once"))
    assert written.done()
    assert written.result() is True
    refused = asyncio.create_task(storage.node("mem:none").read_text())
    assert isinstance(refused.exception(), FileNotFoundError)
    assert await node.read_text() == "at once"


async def test_what_waits_is_begun_and_ends_later(echo):
    begin_at_once()
    task = asyncio.create_task(echo("held-1"))
    assert not task.done()
    echo.release()
    assert await task == b"held-1"


@pytest.mark.parametrize("name", ["mem", "home"])
async def test_groups_and_time_limits_take_them(storage, name):
    begin_at_once()
    nodes = [storage.node(name, str(i)) for i in range(50)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(node.write_text(node.path)) for node in nodes]
    assert [task.result() for task in tasks] == [True] * 50
    assert await asyncio.gather(*[node.read_text() for node in nodes]) == [node.path for node in nodes]
    assert await asyncio.wait_for(asyncio.create_task(nodes[0].size()), timeout=5) == 1
    async with asyncio.timeout(5):
        assert await asyncio.shield(nodes[1].exists()) is True


async def test_a_woken_task_makes_others_that_begin_within_it(echo):
    begin_at_once()
    mine = contextvars.ContextVar("mine")

    async def leaf(name):
        assert mine.get() == name[0]
        return await echo(name)

    async def stem(letter):
        mine.set(letter)
        await echo(letter)
        me = asyncio.current_task()
        tasks = [asyncio.create_task(leaf(f"{letter}{i}")) for i in range(5)]
        assert asyncio.current_task() is me
        return await asyncio.gather(*tasks)

    letters = "abcdefgh"
    found = await asyncio.gather(*[stem(letter) for letter in letters])
    assert found == [[f"{letter}{i}".encode() for i in range(5)] for letter in letters]


async def test_one_that_waits_is_cancelled_with_its_message(echo):
    begin_at_once()
    messages = []

    async def waiting(name):
        try:
            return await echo(name)
        except asyncio.CancelledError as error:
            messages.append(str(error))
            raise

    tasks = [asyncio.create_task(waiting(f"held-{i}")) for i in range(10)]
    assert all(task.cancel("enough") for task in tasks[::2])
    echo.release()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    assert messages == ["enough"] * 5
    assert results[1::2] == [f"held-{i}".encode() for i in range(1, 10, 2)]


async def test_a_failed_sibling_ends_the_group(echo, storage):
    begin_at_once()
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.TaskGroup() as group:
            held = group.create_task(echo("held-1"))
            group.create_task(storage.node("home:none").read_bytes())
    assert held.cancelled()
    assert isinstance(raised.value.exceptions[0], FileNotFoundError)


@pytest.mark.skipif(
    (3, 13) <= sys.version_info < (3, 13, 3), reason="uvloop calls task factories as Python does from 3.13.3 on"
)
async def test_uvloop_begins_them_too(storage, on_uvloop):
    async def work():
        begin_at_once()
        nodes = [storage.node(f"home:{i}") for i in range(50)]
        await asyncio.gather(*[node.write_text(node.path) for node in nodes])
        return await asyncio.gather(*[node.read_text() for node in nodes])

    assert await on_uvloop(work) == [str(i) for i in range(50)]


@pytest.mark.skipif(sys.version_info < (3, 13), reason="as_completed() is iterated asynchronously from Python 3.13 on")
async def test_as_completed_gives_its_own_tasks(echo):
    found = []
    async for done in asyncio.as_completed([asyncio.create_task(echo(name)) for name in ("held", "fast")]):
        found.append(await done)
        echo.release()
    assert found == [b"fast", b"held"]
    begin_at_once()
    assert [await done async for done in asyncio.as_completed([echo("one")])] == [b"one"]
