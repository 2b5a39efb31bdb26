"""What a measurement is made of: the sample, the stopwatch that fills it, and the content that every object must have.

Processor time is that of all threads of this process and of the programs that it ran (user and system).
"""

import gc
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field

STORES = ("s3", "http", "gcs", "azure", "webdav")  # whose keys tell the size
OBJECTS = 128  # distinct keys or files that an operation goes round


@dataclass
class Sample:
    operations: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    p50_s: float = 0.0
    p99_s: float = 0.0
    base_rss: int = 0
    peak_rss: int = 0
    bytes_verified: int = 0
    extra: dict = field(default_factory=dict)


def cpu_seconds() -> float:
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


def memory(which: str) -> int:
    """VmRSS or VmHWM of this process in bytes."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(which + ":"):
                return int(line.split()[1]) * 1024
    return 0


class Stopwatch:
    """Adds the cost of a `with` block to a sample. `make_ready` comes before it, see SpareMemory.make_ready()."""

    def __init__(self, sample: Sample, make_ready: Callable[[], None] | None = None):
        self.sample = sample
        self.make_ready = make_ready
        self.seconds = 0.0  # of this block

    def __enter__(self):
        gc.collect()
        if self.make_ready:
            self.make_ready()
        if not self.sample.base_rss:
            with open("/proc/self/clear_refs", "w") as reset:
                reset.write("5")  # VmHWM starts again from what is resident now
            self.sample.base_rss = memory("VmRSS")
        self.cpu = cpu_seconds()
        self.wall = time.perf_counter()
        return self

    def __exit__(self, *error):
        self.seconds = time.perf_counter() - self.wall
        self.sample.wall_s += self.seconds
        self.sample.cpu_s += cpu_seconds() - self.cpu
        self.sample.peak_rss = memory("VmHWM")


def note_latencies(sample: Sample, seconds: list[float]) -> None:
    seconds.sort()
    if seconds:
        sample.p50_s = seconds[(len(seconds) - 1) // 2]
        sample.p99_s = seconds[int((len(seconds) - 1) * 0.99)]


class Content:
    """The bytes that an object of a size must have."""

    def __init__(self, site):
        with open(site.pattern, "rb") as file:
            self.pattern = file.read()

    def make(self, size: int) -> bytes:
        whole, rest = divmod(size, len(self.pattern))
        return b"".join([self.pattern] * whole + [self.pattern[:rest]])  # touches each byte once

    def check(self, data, size: int) -> int:
        """Compares piece by piece, so that no second copy of a large object counts as the library's memory."""
        view = memoryview(data).cast("B")
        if len(view) != size:
            raise AssertionError(f"{len(view)} bytes instead of {size}")
        for at in range(0, size, len(self.pattern)):
            piece = bytes(view[at : at + len(self.pattern)])
            if piece != self.pattern[: len(piece)]:
                raise AssertionError(f"wrong bytes after {at}")
        return size

    def check_file(self, path: str, size: int) -> int:
        if os.path.getsize(path) != size:
            raise AssertionError(f"{os.path.getsize(path)} bytes instead of {size} in {path}")
        with open(path, "rb") as file:
            while piece := file.read(len(self.pattern)):
                if piece != self.pattern[: len(piece)]:
                    raise AssertionError(f"wrong bytes before {file.tell()} in {path}")
        return size


def names(case) -> list[str]:
    """The objects or files that the operations of a case go round."""
    count = case.objects or OBJECTS
    store, _, operation = case.operations[0].partition("_")
    if store in STORES and operation.startswith("put"):
        return [f"{case.size}/put{i}" for i in range(count)]
    if store in STORES:
        return [f"{case.size}/{i}" for i in range(count)]
    return [str(i) for i in range(count)]


def arguments(case, site) -> list[tuple]:
    """The positional arguments of each call, in turn."""
    if "put" in case.operations[0] or "write" in case.operations[0]:
        data = Content(site).make(case.size)
        return [(name, data) for name in names(case)]
    if case.no_argument:
        return [()]
    return [(name,) for name in names(case)]


def returns_content(case) -> bool:
    return case.size > 0 and not case.no_argument and ("get" in case.operations[0] or "read" in case.operations[0])
