"""Event loops that are not asyncio's: refused before anything is begun. anyio on asyncio works fully."""

import asyncio
import inspect

import pytest

from genro_storage import StorageError
from genro_storage.exceptions import StorageEventLoopError


def run_trio(main):
    return pytest.importorskip("trio").run(main)


def run_curio(main):
    return pytest.importorskip("curio").run(main)


def run_by_hand(main):
    coroutine = main()
    with pytest.raises(StopIteration) as end:
        coroutine.send(None)
    return end.value.value


FOREIGN = {"trio": run_trio, "curio": run_curio}


@pytest.mark.parametrize("library", FOREIGN)
def test_no_method_begins_anything_in_a_foreign_loop(storage, library):
    async def main():
        node = storage.node("mem:a")
        for call in (
            lambda: node.write_text("x"),
            lambda: node.exists(),
            lambda: node.mkdir(),
            lambda: storage.node("home:b").write_bytes(b"x"),
            lambda: storage.get_many([node]),
        ):
            with pytest.raises(StorageEventLoopError, match=rf"here {library} runs.*{library}\..*\(node.read_bytes\)"):
                await call()

    FOREIGN[library](main)
    assert storage.node("mem:a").exists() is False
    assert storage.node("home:b").exists() is False


@pytest.mark.parametrize("library", FOREIGN)
def test_files_are_not_opened_for_awaiting_in_a_foreign_loop(storage, mount, library):
    node = storage.node(mount, "f")
    node.write_text("old")

    async def main():
        for mode in ("r", "rb", "wb", "ab", "r+"):
            with pytest.raises(StorageEventLoopError):
                async with node.open(mode):
                    pass
        with node.open("rb") as file:  # blocks, as the builtin does
            assert file.read() == b"old"
        with pytest.raises(StorageEventLoopError):
            async with node.local_path("w"):
                pass

    FOREIGN[library](main)
    assert node.read_text() == "old"


def test_what_the_error_names_works_in_trio(storage, mount):
    trio = pytest.importorskip("trio")
    node = storage.node(mount, "f")

    async def main():
        await trio.to_thread.run_sync(node.write_text, "from a thread")
        assert await trio.to_thread.run_sync(node.read_bytes) == b"from a thread"

    trio.run(main)


def test_what_the_error_names_works_in_curio(storage, mount):
    curio = pytest.importorskip("curio")
    node = storage.node(mount, "f")

    async def main():
        await curio.run_in_thread(node.write_text, "from a thread")
        assert await curio.run_in_thread(node.read_bytes) == b"from a thread"

    curio.run(main)


def test_values_come_again_after_a_foreign_loop_has_ended(storage):
    async def main():
        with pytest.raises(StorageEventLoopError):
            storage.node("mem:a").exists()

    run_trio(main)
    assert storage.node("mem:a").exists() is False


def test_coroutines_driven_by_hand_get_values_and_can_await_nothing(storage, mount):
    node = storage.node(mount, "f")

    async def main():
        assert node.write_text("value") is True
        with pytest.raises(StorageEventLoopError, match="no event loop of asyncio"):
            async with node.open("wb") as file:
                await file.write(b"x" * 1_000_000)
        return node.read_text()

    assert run_by_hand(main) == "value"


@pytest.mark.parametrize("library", ["trio", "curio", "hand"])
def test_what_was_made_in_asyncio_is_refused_elsewhere(storage, mount, library):
    if library != "hand":
        pytest.importorskip(library)  # before anything is made that would be left open
    node = storage.node(mount, "f")
    node.write_bytes(b"x" * 3_000_000)
    made = []

    async def make():
        made.append(node.read_bytes())
        made.append(await node.open("rb").__aenter__())
        made.append(await node.open("r+b").__aenter__())

    async def main():
        call, reader, writer = made
        with pytest.raises(StorageEventLoopError, match="nothing was begun"):
            await call
        for _ in range(3):
            with pytest.raises(StorageEventLoopError):
                await reader.read()
            with pytest.raises(StorageEventLoopError):
                await writer.write(b"y" * 1_000_000)
            with pytest.raises(StorageEventLoopError):
                await writer.close()

    asyncio.run(make())
    (FOREIGN | {"hand": run_by_hand})[library](main)
    assert node.read_bytes() == b"x" * 3_000_000
    assert asyncio.run(finish(*made[1:])) == b"x" * 3_000_000


async def finish(reader, writer):
    with pytest.raises(StorageError, match="nothing is stored"):
        await writer.close()
    async with reader:
        return await reader.read()


def test_the_error_is_one_of_storage(storage):
    assert issubclass(StorageEventLoopError, StorageError)
    assert issubclass(StorageEventLoopError, RuntimeError)


@pytest.mark.parametrize("backend", ["asyncio", "uvloop"])
def test_anyio_on_asyncio_works_in_everything(storage, mount, backend):
    anyio = pytest.importorskip("anyio")
    options = {}
    if backend == "uvloop":
        pytest.importorskip("uvloop")
        options = {"use_uvloop": True}
    content = bytes(range(256)) * 20_000
    node = storage.node(mount, "f")
    found = {}

    async def read(name):
        found[name] = await node.read_bytes()

    async def main():
        call = node.exists()
        assert inspect.iscoroutine(call)
        assert await call is False
        await node.write_bytes(content)
        async with anyio.create_task_group() as group:
            for name in range(10):
                group.start_soon(read, name)
        assert list(found.values()) == [content] * 10
        async with node.open("rb") as file:
            assert await file.read() == content
        assert await anyio.to_thread.run_sync(node.size) == len(content)
        for turn in range(20):
            with anyio.move_on_after(turn % 5 * 0.001):
                assert await node.read_bytes() == content
            with anyio.move_on_after(turn % 5 * 0.001):
                async with node.open("wb") as file:
                    await file.write(content)
                    await anyio.sleep_forever()
        assert await node.read_bytes() == content
        with pytest.raises(TimeoutError), anyio.fail_after(0.005):
            async with node.open("rb") as file:
                while True:
                    await file.seek(0)
                    await file.read()
                    await anyio.sleep(0)
        with anyio.CancelScope(shield=True):
            await node.write_text("shielded")
        return await node.read_text()

    assert anyio.run(main, backend="asyncio", backend_options=options) == "shielded"


def test_asgiref_takes_coroutine_functions_around_methods_and_methods_as_functions(storage, mount):
    sync = pytest.importorskip("asgiref.sync")
    node = storage.node(mount, "f")
    node.write_text("text")

    async def read():
        return await node.read_text()

    async def read_in_a_thread():
        return await sync.sync_to_async(node.read_text)()

    assert sync.async_to_sync(read)() == "text"
    assert asyncio.run(read_in_a_thread()) == "text"
