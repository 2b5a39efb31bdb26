"""Many tasks in two event loops write, read, copy, move and delete at random, and are cancelled at random: whatever is
read is a content that was written there, whole, and never one that a later call had replaced."""

import asyncio
import contextlib
import hashlib
import random
import threading
import time

SECONDS = 2.0
TASKS = 12  # in each loop
NAMES = 4  # of each task, on each mount
SIZES = (0, 10, 5_000, 300_000, 2_000_000)
LIMITS = (None, None, None, 0.0, 0.001, 0.003, 0.01)
# Calls that take longer may have been repeated, or given up by whoever waited for them.
SETTLED = 0.5


def content(label: str, size: int) -> bytes:
    line = hashlib.sha256(label.encode()).digest()
    return (line * (size // len(line) + 1))[:size]


class Ledger:
    """What each address may hold by now; None stands for nothing."""

    def __init__(self):
        self.settled: dict[str, set[bytes | None]] = {}
        self.late: dict[str, set[bytes | None]] = {}

    def may_hold(self, address: str) -> set[bytes | None]:
        return self.settled.get(address, {None}) | self.late.get(address, set())

    def begins(self, address: str, outcomes: set[bytes | None]) -> None:
        self.settled[address] = self.settled.get(address, {None}) | outcomes

    def succeeded(self, address: str, outcomes: set[bytes | None]) -> None:
        self.settled[address] = outcomes

    def may_come_late(self, address: str, outcomes: set[bytes | None]) -> None:
        self.late.setdefault(address, set()).update(outcomes)


class Player:
    """One task, with addresses of its own."""

    def __init__(self, storage, name: str, mounts: list[str], seed: int):
        self.storage = storage
        self.name = name
        self.mounts = mounts
        self.random = random.Random(seed)
        self.ledger = Ledger()
        self.calls = self.cancellations = 0

    def address(self) -> str:
        return f"{self.random.choice(self.mounts)}:{self.name}/{self.random.randrange(NAMES)}"

    async def change(self, address: str, outcomes: set[bytes | None], call) -> None:
        begin = time.monotonic()
        cancelled = False
        self.ledger.begins(address, outcomes)
        try:
            await asyncio.wait_for(call, self.random.choice(LIMITS))
        except TimeoutError:
            cancelled = True
            self.cancellations += 1
        else:
            self.ledger.succeeded(address, outcomes)
        # A server may do later what it was asked to, once or repeatedly; a system call that hangs goes on.
        slow = time.monotonic() - begin > SETTLED
        if slow or (cancelled and address.startswith("s3:")):
            self.ledger.may_come_late(address, outcomes)

    async def write(self) -> None:
        address = self.address()
        data = content(f"{self.name} {self.calls}", self.random.choice(SIZES))
        await self.change(address, {data}, self.storage.node(address).write_bytes(data))

    async def read(self) -> None:
        address = self.address()
        found = None
        with contextlib.suppress(FileNotFoundError):
            found = await self.storage.node(address).read_bytes()
        allowed = self.ledger.may_hold(address)
        assert found in allowed, (
            f"{address} holds {len(found or b'')} bytes, and may hold {[len(c or b'') for c in allowed]}"
        )

    async def copy(self) -> None:
        source, target = self.address(), self.address()
        if source == target:
            return
        outcomes = self.ledger.may_hold(source) - {None}
        # A source that is not there is an error that leaves the target as it was.
        if None in self.ledger.may_hold(source):
            outcomes |= self.ledger.may_hold(target)
        with contextlib.suppress(FileNotFoundError):
            await self.change(target, outcomes, self.storage.node(source).copy_to(self.storage.node(target)))

    async def delete(self) -> None:
        address = self.address()
        await self.change(address, {None}, self.storage.node(address).delete())

    async def play(self, until: float) -> None:
        moves = [self.write, self.write, self.read, self.read, self.read, self.copy, self.delete]
        while time.monotonic() < until:
            self.calls += 1
            await self.random.choice(moves)()


def test_whatever_is_cancelled_meanwhile_contents_are_whole_and_the_latest(storage, s3_config, tmp_path):
    storage.add_mount(s3_config("s3", "minio"))
    until = time.monotonic() + SECONDS
    players = [
        [Player(storage, f"{i}-{k}", ["home", "mem", "s3"], i * 100 + k) for k in range(TASKS)] for i in range(2)
    ]
    failures: list[BaseException] = []

    async def all_of(group):
        await asyncio.gather(*[player.play(until) for player in group])

    def loop_of(group):
        try:
            asyncio.run(all_of(group))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=loop_of, args=(group,)) for group in players]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    everyone = [player for group in players for player in group]
    assert sum(player.cancellations for player in everyone) > 0
    assert not list((tmp_path / "home").rglob("*.tmp"))  # pathlib's shows hidden files, too
