"""Random calls on addresses of one's own, cancelled at random, and what each address may hold by then.

Played by test_random_calls.py for seconds and by tests/soak for as long as wanted.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import inspect
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

NAMES = 4  # of each player, on each mount
SIZES = (0, 10, 5_000, 300_000, 2_000_000)
LIMITS = (None, None, None, 0.0, 0.001, 0.003, 0.01)
# Calls that take longer may have been repeated, or given up by whoever waited for them.
SETTLED = 0.5

_LINE = 32  # bytes that a content repeats


def content(label: str, size: int) -> bytes:
    line = hashlib.sha256(label.encode()).digest()
    return (line * (size // _LINE + 1))[:size]


# What is remembered of a content: nothing else is like it, and it takes no room. None stands for nothing.
Trace = tuple[int, bytes] | None
Outcomes = set[Trace]


def trace(found: bytes | None) -> Trace:
    if found is None:
        return None
    repeats = found[_LINE:] == found[:-_LINE]
    return len(found), found[:_LINE] if repeats else hashlib.sha256(found).digest()


class Ledger:
    """What each address may hold by now."""

    def __init__(self) -> None:
        self.settled: dict[str, Outcomes] = {}
        self.late: dict[str, Outcomes] = {}
        self.ever: dict[str, Outcomes] = {}  # for the message alone

    def may_hold(self, address: str) -> Outcomes:
        return self.settled.get(address, {None}) | self.late.get(address, set())

    def begins(self, address: str, outcomes: Outcomes) -> None:
        self.settled[address] = self.settled.get(address, {None}) | outcomes
        self.ever.setdefault(address, {None}).update(outcomes)

    def succeeded(self, address: str, outcomes: Outcomes) -> None:
        self.settled[address] = outcomes

    def may_come_late(self, address: str, outcomes: Outcomes) -> None:
        self.late.setdefault(address, set()).update(outcomes)


class Player:
    """One task or, driven by `in_thread`, one thread, with addresses of its own.

    `remote` are the mounts where a server may do later what it was asked to and the caller gave up; `repeating` those
    that lose answers, so that a request is sent again while the server may still be at the first one; `tolerated` the
    errors that their servers or disks may cause. `calls` and `cancellations` count.
    """

    remote: tuple[str, ...] = ("s3", "g", "dav")
    repeating: tuple[str, ...] = ()
    tolerated: tuple[type[Exception], ...] = ()

    def __init__(self, storage: Any, name: str, mounts: list[str], seed: int) -> None:
        self.storage = storage
        self.name = name
        self.mounts = mounts
        self.random = random.Random(seed)
        self.ledger = Ledger()
        self.calls = self.cancellations = 0

    def address(self) -> str:
        return f"{self.random.choice(self.mounts)}:{self.name}/{self.random.randrange(NAMES)}"

    def fresh_content(self) -> bytes:
        return content(f"{self.name} {self.calls}", self.random.choice(SIZES))

    async def value(self, result: Any) -> Any:
        return await result if inspect.isawaitable(result) else result

    async def limited(self, call: Callable[[], Any]) -> None:
        """In a loop it may be cancelled, which raises TimeoutError."""
        result = call()
        if inspect.isawaitable(result):
            await asyncio.wait_for(result, self.random.choice(LIMITS))

    async def change(self, address: str, outcomes: Outcomes, call: Callable[[], Any]) -> None:
        begin = time.monotonic()
        given_up = False
        self.ledger.begins(address, outcomes)
        try:
            await self.limited(call)
        except TimeoutError:
            given_up = True
            self.cancellations += 1
        except self.tolerated:
            given_up = True
        else:
            self.ledger.succeeded(address, outcomes)
        # A server may do later what it was asked to, once or repeatedly; a system call that hangs goes on.
        mount = address.partition(":")[0]
        slow = time.monotonic() - begin > SETTLED
        if slow or mount in self.repeating or (given_up and mount in self.remote):
            self.ledger.may_come_late(address, outcomes)

    def judge(self, address: str, found: bytes | None) -> None:
        allowed = self.ledger.may_hold(address)
        if trace(found) not in allowed:
            which = "an older content" if trace(found) in self.ledger.ever.get(address, {None}) else "never written"
            sizes = [one and one[0] for one in allowed]
            raise AssertionError(f"{address} holds {len(found or b'')} bytes ({which}), and may hold {sizes}")

    async def write(self) -> None:
        address = self.address()
        data = self.fresh_content()
        await self.change(address, {trace(data)}, lambda: self.storage.node(address).write_bytes(data))

    async def read(self) -> None:
        address = self.address()
        found = None
        try:
            with contextlib.suppress(FileNotFoundError):
                found = await self.value(self.storage.node(address).read_bytes())
        except self.tolerated:
            return
        self.judge(address, found)

    async def copy(self) -> None:
        source, target = self.address(), self.address()
        if source == target:
            return
        outcomes = self.ledger.may_hold(source) - {None}
        # A source that is not there is an error that leaves the target as it was.
        if None in self.ledger.may_hold(source):
            outcomes |= self.ledger.may_hold(target)
        with contextlib.suppress(FileNotFoundError):
            await self.change(target, outcomes, lambda: self.storage.node(source).copy_to(self.storage.node(target)))

    async def delete(self) -> None:
        address = self.address()
        await self.change(address, {None}, lambda: self.storage.node(address).delete())

    def moves(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [self.write, self.write, self.read, self.read, self.read, self.copy, self.delete]

    async def play(self, until: float) -> None:
        moves = self.moves()
        while time.monotonic() < until:
            await self.play_once(self.random.choice(moves))

    async def play_once(self, move: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.calls += 1
        await move()


def in_thread(playing: Coroutine[Any, Any, None]) -> None:
    """Plays outside of event loops, where each call gives its value."""
    try:
        playing.send(None)
    except StopIteration:
        return
    raise AssertionError("a call gave something to wait for outside of an event loop")
