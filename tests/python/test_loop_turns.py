"""An event loop has its turn while this library works for one of its tasks: no awaited call keeps the loop's thread,
and no task goes on for ever on calls that need not wait.

What is measured is the time that the loop's own thread computes between two turns, which says nothing about what else
the machine does, and how often the loop has its turn: work that keeps the GIL elsewhere leaves it none.
"""

import asyncio
import base64
import contextlib
import hashlib
import inspect
import time

import pytest

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SIZE = 160 << 20
LINE = "Über den Dächern läuft der Kater €.\n"

pytestmark = [pytest.mark.loop_only, pytest.mark.full_only]


class Turns:
    """How often a task beside the work has its turn, and the most that its thread computed without one; seconds."""

    def __init__(self):
        self.count, self.longest = 0, 0.0

    async def tick(self):
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.count, self.longest, last = self.count + 1, max(self.longest, now - last), now


@contextlib.asynccontextmanager
async def turns():
    beside = Turns()
    task = asyncio.create_task(beside.tick())
    await asyncio.sleep(0)
    yield beside
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def shared_fairly(work):
    """The result of the work, which takes much longer than what may be computed in one go."""
    async with turns() as beside:
        result = await work()
    assert beside.longest < 0.05
    assert beside.count >= 10
    return result


@pytest.fixture(scope="module")
def content():
    return bytes(range(256)) * (SIZE // 256)


@pytest.fixture(scope="module")
def text():
    return LINE * (SIZE // len(LINE.encode()))


@pytest.fixture
def node(storage):
    return storage.node("mem:large")


async def test_text_is_decoded_beside(node, text):
    await node.write_bytes(text.encode())
    assert await shared_fairly(node.read_text) == text


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
async def test_text_of_another_encoding_is_decoded_and_encoded_beside(node, text, encoding):
    text = text.replace("€", "e")[: SIZE // 4]
    await shared_fairly(lambda: node.write_text(text, encoding))
    assert await shared_fairly(lambda: node.read_text(encoding)) == text
    assert hashlib.md5(await node.read_bytes()).digest() == hashlib.md5(text.encode(encoding)).digest()


async def test_text_is_encoded_beside(node, text):
    await shared_fairly(lambda: node.write_text(text))
    assert await node.read_bytes() == text.encode()


@pytest.mark.parametrize("change", [bytearray, lambda content: memoryview(bytearray(content))])
async def test_content_that_can_change_is_copied_beside(node, content, change):
    given = change(content)
    await shared_fairly(lambda: node.write_bytes(given))
    assert await node.read_bytes() == content
    if isinstance(given, bytearray):
        given.clear()  # nobody holds it any more


async def test_a_large_buffer_is_filled_beside(node, content):
    await node.write_bytes(content)
    buffer = bytearray(len(content))
    assert await shared_fairly(lambda: node.read_into(buffer)) == len(content)
    assert buffer == content


async def test_content_in_memory_is_hashed_beside(node, content):
    await node.write_bytes(content)
    assert await shared_fairly(node.md5hash) == hashlib.md5(content).hexdigest()


async def test_contents_in_memory_are_compared_beside(storage, node, content):
    await node.write_bytes(content)
    await storage.node("mem:same").write_bytes(bytearray(content))
    assert await shared_fairly(lambda: node.equals(storage.node("mem:same"))) is True
    assert await shared_fairly(lambda: node.write_bytes(content, skip_if_unchanged=True)) is False


async def test_content_in_memory_is_appended_to_beside(node, content):
    await node.write_bytes(content)
    await shared_fairly(lambda: node.append(b"more"))
    assert (await shared_fairly(node.read_bytes)).startswith(content)


async def test_base64_is_encoded_beside(node, content):
    await node.write_bytes(content)
    encoded = await shared_fairly(lambda: node.to_base64(include_uri=False))
    assert encoded == base64.b64encode(content).decode()


async def test_a_base64_mount_works_beside(storage, content):
    node = storage.node("b64:")
    part = content[: SIZE // 4]
    await shared_fairly(lambda: node.write_bytes(part))
    assert await shared_fairly(node.size) == len(part)
    assert await shared_fairly(node.read_bytes) == part


async def test_archives_are_made_beside(node, content):
    await node.write_bytes(content)
    assert len(await shared_fairly(node.zip)) > 100


async def test_encryption_is_awaited_in_a_loop_and_works_beside(storage, node, content):
    storage.set_encryption_keys(KEY)
    sealing = storage.encrypt(content)
    assert inspect.isawaitable(sealing)
    sealed = await shared_fairly(lambda: storage.encrypt(content))
    assert await sealing != sealed
    assert await shared_fairly(lambda: storage.decrypt(sealed)) == content
    await shared_fairly(lambda: node.write_bytes(content, encrypted=True))
    assert await shared_fairly(node.read_bytes) == content


async def test_many_files_in_memory_are_listed_beside(storage):
    def fill():
        for number in range(30_000):
            storage.node(f"mem:many/{number:05}").write_bytes(b"x")

    await asyncio.to_thread(fill)
    many = storage.node("mem:many")
    assert len(list(await shared_fairly(many.children))) == 30_000
    assert len(list(await shared_fairly(lambda: many.rglob("*")))) == 30_000
    ((folder, folders, files),) = await shared_fairly(many.walk)
    assert (folder, len(folders), len(files)) == (many, 0, 30_000)
    assert [node.basename for node in files[:2]] == ["00000", "00001"]
    assert (await shared_fairly(many.du)).files == 30_000
    await shared_fairly(lambda: many.copy_to("mem:copied"))
    await shared_fairly(storage.node("mem:copied").delete)


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_a_task_that_never_waits_gives_way_all_the_same(storage, mount):
    node = storage.node(mount, "small")
    await node.write_bytes(b"content")
    async with turns() as beside:
        end = time.thread_time() + 0.4
        while time.thread_time() < end:
            assert await node.read_bytes() == b"content"
    assert beside.count > 10


async def test_a_time_limit_ends_a_task_that_never_waits(storage):
    node = storage.node("mem:small")
    await node.write_bytes(b"content")

    async def for_ever():
        while True:
            await node.read_bytes()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(for_ever(), timeout=0.05)


async def test_calls_that_fail_at_once_give_way(storage):
    async with turns() as beside:
        end = time.thread_time() + 0.4
        while time.thread_time() < end:
            with pytest.raises(FileNotFoundError):
                await storage.node("mem:none").read_bytes()
    assert beside.count > 10


async def test_what_is_cancelled_while_it_gives_way_has_not_begun(storage):
    node = storage.node("mem:count")
    written = 0
    begun = asyncio.Event()

    async def count():
        nonlocal written
        while True:
            await node.write_text(str(written + 1))
            written += 1
            begun.set()

    task = asyncio.create_task(count())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await node.read_text() == str(written)


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_lines_of_a_file_that_is_at_hand_leave_the_loop_its_turns(storage, mount, text):
    node = storage.node(mount, "lines")
    await node.write_text(text[: SIZE // 16])

    async def count():
        async with node.open() as file:
            return sum([1 async for _ in file])

    assert await shared_fairly(count) == len(text[: SIZE // 16].splitlines())


async def test_small_writes_leave_the_loop_its_turns(storage):
    node = storage.node("mem:lines")

    async def write():
        async with node.open("w") as file:
            for _ in range(200_000):
                await file.write("line\n")

    await shared_fairly(write)
    assert await node.size() == 1_000_000


async def test_a_time_limit_ends_a_loop_over_lines(storage, text):
    node = storage.node("mem:lines")
    await node.write_text(text)

    async def read():
        async with node.open() as file:
            async for _ in file:
                pass

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read(), timeout=0.05)


async def test_streams_give_and_take_long_texts_beside(storage, text):
    node = storage.node("mem:stream")

    async def write():
        async with node.open("w") as file:
            assert await file.write(text) == len(text)

    async def read():
        async with node.open() as file:
            return await file.read()

    await shared_fairly(write)
    assert await shared_fairly(read) == text


async def test_streams_take_a_long_bytearray_beside(storage, content):
    node, data = storage.node("mem:stream"), bytearray(content)

    async def write():
        async with node.open("wb") as file:
            assert await file.write(data) == len(data)

    await shared_fairly(write)
    assert await node.read_bytes() == content
    data.clear()


async def test_a_long_read_that_is_cancelled_while_it_is_decoded_has_read_nothing(storage, text):
    node = storage.node("mem:stream")
    await node.write_text(text)
    async with node.open() as file:
        for pause in (0.01, 0.1, 0.2):
            with contextlib.suppress(TimeoutError):
                assert await asyncio.wait_for(file.read(), timeout=pause) == text
                await file.seek(0)
        assert await file.readline() == LINE


async def test_who_waits_for_a_timer_comes_before_the_next_stretch_of_reads_that_are_done_at_once(storage):
    node = storage.node("mem:small")
    await node.write_bytes(b"content")
    loop, reads, between = asyncio.get_running_loop(), 0, []

    async def wait_for_timers():
        for _ in range(15):
            fired = loop.create_future()
            loop.call_later(0.001, lambda fired=fired: fired.set_result(reads))
            done = await fired
            between.append(reads - done)

    waiting = asyncio.create_task(wait_for_timers())
    while not waiting.done():
        await node.read_bytes()
        reads += 1
    assert reads > 100
    assert sorted(between)[7] == 0  # a timer may fall due just when the turns of others are over
