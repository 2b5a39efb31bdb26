"""The process that plays: rounds on one manager until the time is over. Started and watched by soak.py.

    play.py CONFIG    a JSON object: see soak.py

After each round everybody has ended, so what is still in use then was lost or is kept for later: the same after the
tenth round as after the third. Exit status: 0; 1 for wrong bytes or an unexpected error; 4 for a hang; 5 for a leak.
"""

from __future__ import annotations

import asyncio
import faulthandler
import json
import os
import random
import sys
import threading
import time
import uuid
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

from characters import (
    Abandoner,
    Caller,
    Crowd,
    Forker,
    Listener,
    Streamer,
    Unlucky,
    Watched,
    leave_loops_behind,
)
from genro_storage import StorageManager
from genro_storage.exceptions import StorageNotEmptyError
from mirror import Mirror
from random_calls import in_thread
from watch import Usage, Watch

_PROGRESS = 10.0  # seconds
_ROUND = 20.0
# After so many rounds all pools and caches are as full as they get; from then on nothing grows by more than this.
_WARM_UP = 3
_GROWTH = Usage(rss=200, descriptors=40, threads=10)


class Soak:
    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.counts: Counter[str] = Counter()
        self.watch = Watch(config["limit"])
        self.failures: list[BaseException] = []
        Watched.watch, Watched.counts = self.watch, self.counts
        self.storage = StorageManager()
        self.storage.configure(
            [
                {"name": "home", "protocol": "local", "base_path": config["folder"]},
                {"name": "mem", "protocol": "memory", "base_path": uuid.uuid4().hex},
                {"name": "b64", "protocol": "base64"},
                *config["mounts"],
            ]
        )
        if "mirror" not in config["without"]:
            self.storage._mounts["mirror"] = Mirror(lambda path: self.storage.node("mem", "mirrored", path))
        self.names = {"home", "mem"} | {mount["name"] for mount in config["mounts"]}
        self.good = sorted(self.names & {"home", "mem", "s3", "gcs", "dav"})
        self.all = self.good if "mirror" in config["without"] else [*self.good, "mirror"]
        self.bad = sorted(self.names & {"unruly", "small"})

    def groups_in_loops(self, seed: int) -> list[list[Watched]]:
        def some(kind: type[Watched], count: int, mounts: list[str]) -> list[Watched]:
            if kind.__name__.lower() in self.config["without"] or not mounts:
                return []
            return [kind(self.storage, f"{kind.__name__}{seed}-{i}", mounts, seed + i) for i in range(count)]

        groups = []
        for _ in range(2):
            seed += 1000
            groups.append(
                some(Watched, 5, self.all)
                + some(Streamer, 3, self.good)
                + some(Abandoner, 3, self.good)
                + some(Crowd, 1, self.good)
                + some(Caller, 1, self.good)
                + some(Listener, 1, self.all)
                + some(Unlucky, 3, self.bad)
            )
        return groups

    def players_in_threads(self, seed: int) -> list[Watched]:
        kinds = [Watched, Watched, Streamer, Crowd, Caller, Listener, Forker, Unlucky]
        players: list[Watched] = []
        for i, kind in enumerate(kinds):
            mounts = self.bad if kind is Unlucky else self.good
            if mounts and kind.__name__.lower() not in self.config["without"]:
                players.append(kind(self.storage, f"{kind.__name__}{seed}-t{i}", mounts, seed + i))
        return players

    def play_round(self, number: int, until: float) -> None:
        seed = self.config["seed"] + number * 1_000_000
        work: list[Callable[[], None]] = []
        for group in self.groups_in_loops(seed):
            work.append(lambda group=group: asyncio.run(self.all_of(group, until)))
        for player in self.players_in_threads(seed + 500_000):
            work.append(lambda player=player: in_thread(player.play(until)))
        if "loops" not in self.config["without"]:
            left = [Watched(self.storage, f"left{seed}-{i}", self.good, seed + 700_000 + i) for i in range(3)]
            work.append(lambda: leave_loops_behind(left, seed, until))
        threads = [threading.Thread(target=self.guarded, args=(one,)) for one in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with self.watch.over("deleting all files of a round"):
            for name in sorted(self.names - {"unruly"}):
                self.guarded(lambda name=name: self.empty(name))

    def empty(self, mount: str) -> None:
        """Writes that were left behind with their loops may still come to their end meanwhile."""
        for _ in range(20):
            try:
                return self.storage.node(mount, "").delete()
            except StorageNotEmptyError:
                time.sleep(0.5)
        raise AssertionError(f"somebody writes to {mount} after all calls are over")

    async def all_of(self, group: list[Watched], until: float) -> None:
        self.watch.loops.add(asyncio.get_running_loop())
        try:
            await asyncio.gather(*[player.play(until) for player in group])
        finally:
            self.watch.loops.discard(asyncio.get_running_loop())

    def guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:
            self.failures.append(failure)

    def play(self) -> int:
        threading.Thread(target=self.tell, name="progress", daemon=True).start()
        ends = time.monotonic() + self.config["seconds"]
        number = 0
        usages: list[Usage] = []
        while time.monotonic() < ends and not self.failures:
            self.play_round(number, min(ends, time.monotonic() + _ROUND))
            number += 1
            usages.append(Usage.at_rest())
            print(f"round {number}: {usages[-1]} at rest", flush=True)
        for failure in self.failures:
            sys.stderr.write("FAILED: ")
            sys.excepthook(type(failure), failure, failure.__traceback__)
        if self.failures:
            return 1
        return 5 if self.leaks(usages) else 0

    def leaks(self, usages: list[Usage]) -> bool:
        if len(usages) <= _WARM_UP:
            return False
        first, last = usages[_WARM_UP - 1], usages[-1]
        found = False
        for what in ("rss", "descriptors", "threads"):
            before, after = getattr(first, what), getattr(last, what)
            if after - before > getattr(_GROWTH, what):
                print(f"LEAK: {what} grew from {before:.0f} to {after:.0f}", file=sys.stderr)
                found = True
        return found

    def tell(self) -> None:
        begin = time.monotonic()
        while True:
            time.sleep(_PROGRESS)
            counts = self.counts
            print(
                f"{time.monotonic() - begin:6.0f} s: {counts['calls']} calls, {counts['cancellations']} cancellations, "
                f"{counts['closed']} closed, {counts['loops']} loops left, {counts['forks']} forks; {Usage.now()}",
                flush=True,
            )


def beat(descriptor: int) -> None:
    """Tells soak.py each second that threads still get their turn here."""
    while True:
        os.write(descriptor, b".")
        time.sleep(1)


def main() -> int:
    config = json.loads(sys.argv[1])
    faulthandler.enable()
    faulthandler.register(config["signal"], all_threads=True)
    warnings.simplefilter("ignore")  # of forks with threads, of what is abandoned
    random.seed(config["seed"])
    threading.Thread(target=beat, args=(config["heartbeat"],), name="heartbeat", daemon=True).start()
    return Soak(config).play()


if __name__ == "__main__":
    sys.exit(main())
