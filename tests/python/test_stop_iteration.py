"""StopIteration out of a callback: a task would take it for the end of its coroutine, and wait for ever."""

import asyncio

import pytest

pytestmark = pytest.mark.loop_only


@pytest.mark.parametrize("option", ["on_file", "on_skip", "progress"])
async def test_the_end_of_an_iterator_in_a_callback_is_an_error_and_not_the_end_of_the_task(storage, option):
    await storage.node("mem:in/a").write_text("a")
    await storage.node("mem:in/b").write_text("b")
    options = {option: lambda *_: next(iter(()))}
    if option == "on_skip":
        options["include"] = "a"
    copying = asyncio.ensure_future(storage.node("mem:in").copy_to("mem:out", **options))
    with pytest.raises(RuntimeError, match="coroutine raised StopIteration") as raised:
        await asyncio.wait_for(asyncio.shield(copying), 60)
    assert isinstance(raised.value.__cause__, StopIteration)


async def test_the_end_of_an_iterator_in_a_base_function_is_an_error_and_not_the_end_of_the_task(storage):
    storage.add_mount({"name": "made", "protocol": "local", "base_path": lambda: next(iter(()))})
    reading = asyncio.ensure_future(storage.node("made:x").read_bytes())
    with pytest.raises(RuntimeError, match="coroutine raised StopIteration"):
        await asyncio.wait_for(asyncio.shield(reading), 60)


async def test_a_stop_iteration_thrown_into_it_is_an_error(storage):
    reading = storage.node("mem:x").read_bytes()
    with pytest.raises(RuntimeError, match="coroutine raised StopIteration"):
        reading.throw(StopIteration("thrown"))
