"""One open file and several callers: their calls take turns, in every mode, of threads and of tasks."""

import asyncio
import collections
import os
import threading

import pytest

from genro_storage import StorageError

PIECE = 70_000
PIECES = 8


def in_threads(*works):
    """Runs the works at once; gives what they gave, or raised."""
    results = [None] * len(works)
    gate = threading.Barrier(len(works))

    def one(index, work):
        gate.wait(60)
        try:
            results[index] = work()
        except BaseException as error:
            results[index] = error

    threads = [threading.Thread(target=one, args=pair, daemon=True) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return results


def pieces_of(content, size):
    """How often each piece is in there, whole; a piece is one byte repeated."""
    counts = collections.Counter()
    for begin in range(0, len(content), size):
        piece = content[begin : begin + size]
        assert piece == piece[:1] * size, f"a torn piece at {begin}"
        counts[piece[0]] += 1
    return counts


@pytest.mark.parametrize("mode", ["wb", "xb", "ab", "w+b"])
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_threads_write_whole_pieces_to_one_file(storage, mount, mode, kind):
    node = storage.node(mount, "f")
    with node.open(mode) as file:

        def writer(letter):
            return lambda: [file.write(kind(bytes([letter]) * PIECE)) for _ in range(PIECES)]

        results = in_threads(*[writer(letter) for letter in range(6)])
    assert results == [[PIECE] * PIECES] * 6
    assert pieces_of(node.read_bytes(), PIECE) == dict.fromkeys(range(6), PIECES)


def test_threads_write_whole_lines_to_one_text_file(storage, mount):
    node = storage.node(mount, "f")
    with node.open("w") as file:

        def writer(letter):
            return lambda: [file.write(f"{letter * (10 + i % 90)} {i}\n") for i in range(3000)]

        in_threads(*[writer(letter) for letter in "abcdef"])
    lines = node.read_text().splitlines()
    for letter in "abcdef":
        mine = [line for line in lines if line[0] == letter]
        assert mine == [f"{letter * (10 + i % 90)} {i}" for i in range(3000)]  # also in their order


@pytest.mark.parametrize("mode", ["r", "rb", "r+b"])
def test_threads_that_read_lines_of_one_file_lose_none(storage, mount, mode):
    lines = [f"line {i} {'x' * (i % 80)}\n" for i in range(20_000)]
    node = storage.node(mount, "f")
    node.write_text("".join(lines))
    with node.open(mode) as file:

        def reader():
            found = []
            for line in file:
                found.append(line)
                if len(found) % 10 == 0:
                    found.append(file.readline())
            return found

        results = in_threads(*[reader] * 4)
    found = [line if isinstance(line, str) else line.decode() for result in results for line in result if line]
    assert sorted(found) == sorted(lines)


@pytest.mark.parametrize("mount", ["mem", "home"])
def test_threads_write_read_cut_and_close_one_file(storage, mount):
    node = storage.node(mount, "f")
    for _ in range(10):
        file = node.open("w+b")
        file.write(bytes(3 * PIECE))

        def write(file=file):
            for _ in range(PIECES):
                file.write(b"w" * PIECE)

        def read(file=file):
            for _ in range(PIECES):
                file.seek(0)
                assert file.read(10) is not None

        def cut(file=file):
            for size in range(PIECES):
                file.truncate(size * 1000)

        results = in_threads(write, write, read, cut, file.close)
        assert all(result is None or isinstance(result, ValueError) for result in results), results  # once it is closed
        assert set(node.read_bytes()) <= {0, ord("w")}


@pytest.mark.loop_only
async def test_gathered_writes_to_one_file_are_each_whole(storage, mount):
    node = storage.node(mount, "f")
    size = 1_100_000
    async with node.open("wb") as file:
        written = await asyncio.gather(*[file.write(bytes([letter]) * size) for letter in range(6)])
    assert written == [size] * 6
    content = await node.read_bytes()
    assert pieces_of(content, size) == dict.fromkeys(range(6), 1)
    assert [content[i * size] for i in range(6)] == list(range(6))  # in the order of the calls


@pytest.mark.loop_only
async def test_gathered_small_writes_keep_their_order(storage, mount):
    node = storage.node(mount, "f")
    async with node.open("w") as file:
        await asyncio.gather(*[file.write(f"{i} {'x' * 997}\n") for i in range(2000)])
    assert [int(line.split()[0]) for line in (await node.read_text()).splitlines()] == list(range(2000))


@pytest.mark.loop_only
async def test_gathered_reads_and_seeks_each_see_one_place(storage, mount):
    content = os.urandom(3_000_000)
    node = storage.node(mount, "f")
    await node.write_bytes(content)
    async with node.open("rb") as file:
        pieces = await asyncio.gather(*[file.read(500_000) for _ in range(6)])
        assert b"".join(pieces) == content
        for _ in range(5):
            await file.seek(0)
            first, place, second = await asyncio.gather(file.read(300_000), file.seek(1_000_000), file.read(200_000))
            assert (first, place, second) == (content[:300_000], 1_000_000, content[1_000_000:1_200_000])
            assert file.tell() == 1_200_000


@pytest.mark.loop_only
async def test_tasks_that_read_lines_of_one_file_lose_none(storage, mount):
    lines = [f"line {i} {'x' * (i % 80)}\n" for i in range(20_000)]
    node = storage.node(mount, "f")
    await node.write_text("".join(lines))
    async with node.open() as file:

        async def reader():
            found = []
            async for line in file:
                found.append(line)
                if len(found) % 50 == 0:
                    await asyncio.sleep(0)
            return found

        results = await asyncio.gather(*[reader() for _ in range(5)])
    assert sorted(line for result in results for line in result) == sorted(lines)


@pytest.mark.loop_only
@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_gathered_changes_of_every_kind_leave_one_of_their_orders(storage, mount):
    node = storage.node(mount, "f")
    async with node.open("w+b") as file:
        await asyncio.gather(
            file.write(b"a" * 1_500_000),
            file.seek(500_000),
            file.truncate(),
            file.write(b"b" * 1_500_000),
            file.seek(0),
            file.flush(),
        )
        assert await file.read() == b"a" * 500_000 + b"b" * 1_500_000
    assert await node.size() == 2_000_000


@pytest.mark.loop_only
async def test_what_is_asked_of_a_file_that_is_being_closed_is_refused(storage, mount):
    node = storage.node(mount, "f")
    async with node.open("wb") as file:
        await file.write(b"x" * 2_000_000)
        closed, late = await asyncio.gather(file.close(), file.write(b"late" * 500_000), return_exceptions=True)
    assert closed is None
    assert isinstance(late, ValueError)
    assert await node.size() == 2_000_000


@pytest.mark.loop_only
async def test_an_aborted_file_takes_nothing_more(storage, mount):
    node = storage.node(mount, "f")
    with pytest.raises(KeyError):
        async with node.open("wb") as file:
            writing = [asyncio.ensure_future(file.write(b"x" * 1_000_000)) for _ in range(4)]
            await writing[0]
            raise KeyError("stop")
    await asyncio.gather(*writing, return_exceptions=True)
    assert await node.exists() is False
    with pytest.raises(ValueError):
        await file.write(b"more")


def test_loops_of_several_threads_share_one_file(storage, mount):
    node = storage.node(mount, "f")
    size = 300_000

    async def open_it():
        return await node.open("wb").__aenter__()

    file = asyncio.run(open_it())

    async def write(letter):
        await asyncio.gather(*[file.write(bytes([letter]) * size) for _ in range(PIECES)])

    results = in_threads(*[lambda letter=letter: asyncio.run(write(letter)) for letter in range(5)])
    assert results == [None] * 5
    asyncio.run(file.close())
    assert pieces_of(node.read_bytes(), size) == dict.fromkeys(range(5), PIECES)


@pytest.mark.loop_only
async def test_a_cancelled_read_does_not_move_the_position(storage, mount):
    content = os.urandom(9_000_000)
    node = storage.node(mount, "f")
    await node.write_bytes(content)
    async with node.open("rb") as file:
        place = 0
        for turn in range(40):
            try:
                data = await asyncio.wait_for(file.read(2_000_000), timeout=turn % 10 * 0.001)
            except TimeoutError:
                assert file.tell() == place
                continue
            assert data == content[place : place + 2_000_000]
            place += len(data)
            if place >= 8_000_000:
                place = await file.seek(turn)
        assert await file.read() == content[place:]


@pytest.mark.loop_only
@pytest.mark.parametrize("mode", ["r", "rb"])
async def test_cancelled_loops_over_lines_lose_none(storage, mount, mode):
    lines = [f"line {i} {'x' * (i % 80)}\n" for i in range(30_000)]
    node = storage.node(mount, "f")
    await node.write_text("".join(lines))
    found = []

    async def reader(file):
        async for line in file:
            found.append(line if mode == "r" else line.decode())

    async with node.open(mode) as file:
        for turn in range(60):
            task = asyncio.ensure_future(reader(file))
            for _ in range(turn % 4):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await reader(file)
    assert found == lines


@pytest.mark.loop_only
async def test_a_write_that_timed_out_makes_the_file_fail_at_its_end(storage, mount):
    node = storage.node(mount, "f")
    await node.write_text("old")
    cancelled = 0
    for turn in range(8):
        file = await node.open("wb").__aenter__()
        await file.write(b"a" * 1_000_000)
        [writing] = await asyncio.gather(
            asyncio.wait_for(file.write(b"b" * 6_000_000), timeout=turn % 4 * 0.0005), return_exceptions=True
        )
        [behind] = await asyncio.gather(file.write(b"c" * 1_000_000), return_exceptions=True)
        if isinstance(writing, TimeoutError):
            assert behind == 1_000_000 or isinstance(behind, StorageError)
            with pytest.raises(StorageError, match="nothing is stored"):
                await file.close()
            assert await node.read_text() == "old"
            cancelled += 1
        else:
            await file.close()
            assert await node.size() == 8_000_000
            await node.write_text("old")
    assert cancelled


@pytest.mark.loop_only
@pytest.mark.parametrize("turns", [0, 1])
async def test_a_write_that_was_cancelled_before_it_had_begun_makes_the_file_fail_at_its_end(storage, mount, turns):
    node = storage.node(mount, "f")
    with pytest.raises(StorageError, match="nothing is stored"):
        async with node.open("wb") as file:
            await file.write(b"before")
            turn = file._turns.try_take()  # as a call that goes on has it
            writing = asyncio.ensure_future(file.write(b"cancelled"))
            for _ in range(turns):
                await asyncio.sleep(0)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            assert writing.cancelled()
            file._turns.give(turn)
            await file.write(b"behind")
    assert await node.exists() is False


@pytest.mark.loop_only
@pytest.mark.parametrize("turns", [0, 1])
async def test_a_truncate_that_was_cancelled_before_it_had_begun_makes_the_file_fail_at_its_end(storage, mount, turns):
    node = storage.node(mount, "f")
    await node.write_text("old content")
    with pytest.raises(StorageError, match="nothing is stored"):
        async with node.open("r+b") as file:
            turn = file._turns.try_take()  # as a call that goes on has it
            cutting = asyncio.ensure_future(file.truncate(3))
            for _ in range(turns):
                await asyncio.sleep(0)
            cutting.cancel()
            await asyncio.gather(cutting, return_exceptions=True)
            assert cutting.cancelled()
            file._turns.give(turn)
    assert await node.read_text() == "old content"


@pytest.mark.loop_only
async def test_a_truncate_to_a_negative_size_is_refused_and_spoils_nothing(storage, mount):
    node = storage.node(mount, "f")
    async with node.open("wb") as file:
        await file.write(b"content")
        with pytest.raises(ValueError, match=r"negative size|cannot be changed"):
            await file.truncate(-1)
    assert await node.read_bytes() == b"content"


def test_a_truncate_without_a_loop_to_a_negative_size_is_refused_and_spoils_nothing(storage, mount):
    node = storage.node(mount, "f")
    with node.open("wb") as file:
        file.write(b"content")
        with pytest.raises(ValueError, match=r"negative size|cannot be changed"):
            file.truncate(-1)
    assert node.read_bytes() == b"content"
