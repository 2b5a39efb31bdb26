"""Who plays in a soak: each has addresses of its own, knows what they may hold, and does what some program does."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import os
import random
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

from genro_storage import StorageError
from random_calls import SIZES, Outcomes, Player, content, in_thread, trace
from watch import Watch

_PIECE = 70_000  # of a file that several threads write


class Watched(Player):
    """A player whose calls are watched. On the mounts of `unruly` servers and disks everything may fail."""

    remote = ("s3", "gcs", "dav", "unruly", "mirror")
    repeating = ("unruly",)
    watch: Watch
    counts: dict[str, int]  # of all players together

    async def play_once(self, move: Callable[[], Coroutine[Any, Any, None]]) -> None:
        before = self.cancellations
        what = f"{type(self).__name__} {self.name} {move.__name__}"
        with self.watch.over(what):
            await super().play_once(move)
        self.counts["calls"] += 1
        self.counts["cancellations"] += self.cancellations - before


class Unlucky(Watched):
    """Uses what fails: a server with bad habits, a small disk."""

    tolerated = (StorageError,)

    def fresh_content(self) -> bytes:
        return content(f"{self.name} {self.calls}", self.random.choice(SIZES[:-1]))


class Streamer(Watched):
    """Writes and reads through open files, a piece at a time."""

    async def stream_out(self) -> None:
        address, data = self.address(), self.fresh_content()
        await self.change(address, {trace(data)}, lambda: self._write_pieces(address, data))

    def _write_pieces(self, address: str, data: bytes) -> Any:
        size = self.random.choice([1_000, 100_000, 1_000_000])
        pieces = [data[at : at + size] for at in range(0, len(data), size)]

        async def in_loop() -> None:
            async with self.storage.node(address).open("wb") as file:
                for piece in pieces:
                    await file.write(piece)

        if _in_loop():
            return in_loop()
        with self.storage.node(address).open("wb") as file:
            for piece in pieces:
                file.write(piece)
        return None

    async def stream_in(self) -> None:
        address = self.address()
        size = self.random.choice([50_000, 300_000, -1])
        found = None
        with contextlib.suppress(FileNotFoundError):
            found = await self.value(self._read_pieces(address, size))
        self.judge(address, found)

    def _read_pieces(self, address: str, size: int) -> Any:
        async def in_loop() -> bytes:
            pieces = []
            async with self.storage.node(address).open("rb") as file:
                while piece := await file.read(size):
                    pieces.append(piece)
            return b"".join(pieces)

        if _in_loop():
            return in_loop()
        pieces = []
        with self.storage.node(address).open("rb") as file:
            while piece := file.read(size):
                pieces.append(piece)
        return b"".join(pieces)

    def moves(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [self.stream_out, self.stream_in, self.stream_in, self.read, self.delete]


class Abandoner(Watched):
    """Begins calls in a loop and drops them: their coroutines are closed, or forgotten until they are collected."""

    async def abandon_write(self) -> None:
        address, data = self.address(), self.fresh_content()
        self.ledger.begins(address, {trace(data)})
        self.ledger.may_come_late(address, {trace(data)})
        await self._begin_and_drop(self.storage.node(address).write_bytes(data))

    async def abandon_read(self) -> None:
        await self._begin_and_drop(self.storage.node(self.address()).read_bytes())

    async def abandon_open_file(self) -> None:
        await self._begin_and_drop(self._hold_open(self.address()))

    async def _hold_open(self, address: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            async with self.storage.node(address).open("rb") as file:
                while await file.read(100_000):
                    pass

    async def _begin_and_drop(self, call: Any) -> None:
        async def body() -> None:
            await call

        running = body()
        steps = self.random.randrange(1, 4)
        with contextlib.suppress(StopIteration, FileNotFoundError):
            for _ in range(steps):
                waited_for = running.send(None)
                await asyncio.sleep(self.random.choice([0, 0.001, 0.01]))
                if waited_for is not None and not waited_for.done():
                    break
        self.counts["closed"] += 1
        if self.random.random() < 0.5:
            running.close()
        del running
        if self.random.random() < 0.05:
            gc.collect()

    def moves(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [self.write, self.abandon_write, self.abandon_read, self.abandon_open_file, self.read, self.delete]


class Crowd(Watched):
    """Several threads, or tasks, on one open file: each piece is there once, whole, in some order."""

    PARTS = 6

    async def write_together(self) -> None:
        address = self.address()
        pieces = [content(f"{self.name} {self.calls} {i}", _PIECE) for i in range(self.PARTS * 4)]
        node = self.storage.node(address)
        if _in_loop():
            async with node.open("wb") as file:
                await asyncio.gather(*[file.write(piece) for piece in pieces])
        else:
            with node.open("wb") as file:
                self._on_threads(lambda i: [file.write(piece) for piece in pieces[i :: self.PARTS]])
        written = await self.value(node.read_bytes())
        found = sorted(written[at : at + _PIECE] for at in range(0, len(written), _PIECE))
        assert found == sorted(pieces), f"{address}: {len(found)} pieces, and not those that were written"
        self.ledger.succeeded(address, {trace(written)})

    async def read_together(self) -> None:
        address = self.address()
        data = content(f"{self.name} {self.calls}", _PIECE * self.PARTS * 2)
        node = self.storage.node(address)
        await self.value(node.write_bytes(data))
        self.ledger.succeeded(address, {trace(data)})
        found: list[bytes] = []
        if _in_loop():
            async with node.open("rb") as file:
                found += await asyncio.gather(*[file.read(_PIECE) for _ in range(self.PARTS * 2)])
        else:
            with node.open("rb") as file:
                self._on_threads(lambda _: found.extend([file.read(_PIECE), file.read(_PIECE)]))
        wanted = [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)]
        assert sorted(found) == sorted(wanted), f"{address}: pieces read by several are not those of the file"

    def _on_threads(self, work: Callable[[int], object]) -> None:
        failures: list[BaseException] = []

        def guarded(i: int) -> None:
            try:
                work(i)
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=guarded, args=(i,)) for i in range(self.PARTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def moves(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [self.write_together, self.read_together, self.delete]


class Caller(Watched):
    """Runs programs over nodes, some of which leave another program behind that holds their output open."""

    async def cat(self) -> None:
        address = self.address()
        data = self.fresh_content()
        node = self.storage.node(address)
        await self.value(node.write_bytes(data))
        self.ledger.succeeded(address, {trace(data)})
        assert await self.value(node.call("cksum", node, return_output=True)), address

    async def give_up(self) -> None:
        script = self.random.choice(["sleep 600 & exec sleep 600", "exec sleep 600", "sleep 600 & sleep 600"])
        call = self.storage.node("mem:x").call
        begin = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired, TimeoutError):
            if _in_loop():
                await asyncio.wait_for(call("sh", "-c", script, return_output=True), self.random.random() / 10)
            else:
                call("sh", "-c", script, return_output=True, timeout=self.random.random() / 10)
        assert time.monotonic() - begin < 60, "a program that was given up was waited for"

    def moves(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [self.cat, self.give_up]


class Listener(Watched):
    """Copies folders, and uses the library in the callbacks."""

    async def copy_a_folder(self) -> None:
        source, target = (f"{self.random.choice(self.mounts)}:{self.name}/{kind}{self.calls}" for kind in "st")
        files = {f"f{i}": content(f"{source} {i}", self.random.choice(SIZES[:-1])) for i in range(5)}
        for name, data in files.items():
            await self.value(self.storage.node(source, name).write_bytes(data))
        other = self.storage.node(f"mem:{self.name}/other")
        await self.value(other.write_bytes(b"other"))
        heard = []

        def listen(*_: Any) -> None:
            with other.open("rb") as file:
                heard.append(file.read())

        how = self.random.choice(["on_file", "progress"])
        await self.value(self.storage.node(source).copy_to(self.storage.node(target), **{how: listen}))
        assert set(heard) == {b"other"}, heard
        for name, data in files.items():
            found = await self.value(self.storage.node(target, name).read_bytes())
            assert found == data, f"{target}/{name}: {len(found)} bytes, and should hold {len(data)}"
        for address in (source, target):
            await self.value(self.storage.node(address).delete())

    def moves(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [self.copy_a_folder]


class Forker(Watched):
    """Forks in the middle of it all. The child uses the library and ends; one that hangs tells its stacks."""

    async def fork(self) -> None:
        pid = os.fork()
        if pid == 0:
            _end_child_with(self._live_as_child, int(self.watch.limit))
        self.counts["forks"] += 1
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])  # noqa: ASYNC222  it plays on a thread
        assert status == 0, f"a forked child ended with {status}"

    def _live_as_child(self) -> None:
        player = Player(self.storage, f"{self.name} child {self.calls}", self.mounts, self.random.randrange(1 << 30))

        async def a_little() -> None:
            for move in (player.write, player.read, player.copy, player.read, player.delete):
                await move()

        in_thread(a_little())
        asyncio.run(a_little())
        for mount in self.mounts:
            self.storage.node(mount, player.name).delete()

    def moves(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [self.fork, self.write, self.read]


def _end_child_with(work: Callable[[], None], seconds: int) -> None:
    status = 3
    try:
        faulthandler.dump_traceback_later(seconds, exit=True)
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def leave_loops_behind(players: list[Watched], seed: int, until: float) -> None:
    """Event loops that are stopped and closed over calls that are under way."""
    chance = random.Random(seed)
    while time.monotonic() < until:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # which would tell of the tasks that are lost
        tasks = [loop.create_task(_read_or_write(player)) for player in players for _ in range(3)]
        for task in tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.call_later(chance.random() / 20, loop.stop)
        loop.run_forever()
        loop.close()
        players[0].counts["loops"] += 1
        del tasks
        if chance.random() < 0.3:
            gc.collect()
    for player in players:  # what is in its addresses by now is one of what was written
        in_thread(player.read())


async def _read_or_write(player: Watched) -> None:
    address, data = player.address(), player.fresh_content()
    player.calls += 1
    if player.random.random() < 0.5:
        with contextlib.suppress(FileNotFoundError):
            await player.storage.node(address).read_bytes()
        return
    outcomes: Outcomes = {trace(data)}
    player.ledger.begins(address, outcomes)
    player.ledger.may_come_late(address, outcomes)
    await player.storage.node(address).write_bytes(data)


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
