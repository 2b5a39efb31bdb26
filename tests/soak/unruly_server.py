"""UnrulyServer: passes connections on to a real server, and does to some of them what networks and servers do."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from gate import Passage, Relay


class UnrulyServer(Relay):
    """At `url`, on threads of its own. Each connection gets one of the habits below after a while of good service."""

    def __init__(self, target: str, seed: int) -> None:
        self._random = random.Random(seed)
        super().__init__(target)

    def passage(self) -> Passage:
        habit = self._random.choice([self._serve_well, self._drag, self._cut, self._stall, self._spoil])
        good_for = int(self._random.expovariate(1 / 2_000_000))

        def through(data: bytes, up: bool) -> Iterator[bytes]:
            nonlocal good_for
            good_for -= len(data)
            yield data if good_for >= 0 else habit(data, up)

        return through

    def _serve_well(self, data: bytes, upwards: bool) -> bytes:
        return data

    def _drag(self, data: bytes, upwards: bool) -> bytes:
        time.sleep(0.02)
        return data

    def _cut(self, data: bytes, upwards: bool) -> bytes:
        raise ConnectionAbortedError

    def _stall(self, data: bytes, upwards: bool) -> bytes:
        time.sleep(3)
        raise ConnectionAbortedError

    def _spoil(self, data: bytes, upwards: bool) -> bytes:
        """Only what goes up, where the signature and the checksum tell: no server sends a sum with each range."""
        if not upwards:
            return data
        at = len(data) // 2
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
