"""What a soak keeps an eye on: calls that hang, and what the process uses."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import faulthandler
import gc
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Usage:
    """Of this process: MiB in memory, open descriptors, threads."""

    rss: float
    descriptors: int
    threads: int

    @classmethod
    def at_rest(cls) -> Usage:
        """Without what is free already, here and in the C library: pieces between others that it keeps."""
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        return cls.now()

    @classmethod
    def now(cls) -> Usage:
        with open("/proc/self/statm") as statm:
            pages = int(statm.read().split()[1])
        return cls(
            pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
            len(os.listdir("/proc/self/fd")) - 1,  # without the one that lists
            len(os.listdir("/proc/self/task")),
        )

    def __str__(self) -> str:
        return f"{self.rss:.0f} MiB, {self.descriptors} descriptors, {self.threads} threads"


class Watch:
    """Ends the process, with every stack on stderr, when a call takes longer than `limit` seconds."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.loops: set[asyncio.AbstractEventLoop] = set()
        self._calls: dict[int, tuple[str, float]] = {}
        self._next = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._look, name="watch", daemon=True).start()

    @contextlib.contextmanager
    def over(self, what: str) -> Iterator[None]:
        with self._lock:
            self._next += 1
            number = self._next
        self._calls[number] = (what, time.monotonic())
        try:
            yield
        finally:
            del self._calls[number]

    def _look(self) -> None:
        while True:
            time.sleep(1)
            for what, begin in list(self._calls.values()):
                if time.monotonic() - begin > self.limit:
                    self._tell(what)

    def _tell(self, what: str) -> None:
        print(f"HANG: {what} takes more than {self.limit:.0f} s", file=sys.stderr, flush=True)
        for call, begin in sorted(self._calls.values(), key=lambda entry: entry[1]):
            print(f"  under way for {time.monotonic() - begin:.1f} s: {call}", file=sys.stderr)
        faulthandler.dump_traceback(all_threads=True)
        for loop in list(self.loops):
            with contextlib.suppress(RuntimeError):
                for task in asyncio.all_tasks(loop):
                    task.print_stack(file=sys.stderr)
        sys.stderr.flush()
        os._exit(4)
