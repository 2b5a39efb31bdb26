"""Free memory that this machine really has, for measurements that touch much of it.

A virtual machine may give what is free back to its host within a second (free page reporting). The first touch
afterwards costs ten times as much, and whoever is measured next would pay it for all. So a process of its own holds as
much memory as a measurement may need and lets go of it right before the timed part: the kernel hands out next what was
freed last. What is free in pieces below 2 MiB stays with the machine once it was touched, which is done at the start.
"""

import contextlib
import mmap
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

PAGE = 4096
PIECES = 4 << 30
SETTLED = 2.2  # seconds: the kernel reports what is free 2 s after something was freed, and must have done so before


class SpareMemory:
    """The holding process, as this one and the children that inherit the descriptor speak to it."""

    def __init__(self, descriptor: int):
        self.descriptor = descriptor

    def hold(self, size: int) -> None:
        """Returns when it holds so many bytes, 0 to let go of all; never more than half of what is available."""
        os.write(self.descriptor, b"%d\n" % size)
        if not os.read(self.descriptor, 1):
            raise ChildProcessError("the process that holds memory has ended")

    def make_ready(self, size: int) -> None:
        """For a timed part that touches so much memory or page cache: lets go of that, and the disk is quiet, too."""
        if size:
            self.hold(size)  # again, if an earlier part has used it
            os.sync()
            self.hold(0)


@contextlib.contextmanager
def spare_memory() -> Iterator[SpareMemory]:
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen([sys.executable, "-I", "-S", __file__], stdin=theirs) as process:
        theirs.close()
        spare = SpareMemory(ours.fileno())
        spare.hold(0)
        yield spare
        ours.close()
        process.wait()


def touched(size: int, advice: int) -> mmap.mmap | None:
    with open("/proc/meminfo") as lines:
        available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    size = min(size, available // 2) // mmap.PAGESIZE * mmap.PAGESIZE
    if not size:
        return None
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel without huge pages
        memory.madvise(advice)
    memory[::PAGE] = bytes(-(-size // PAGE))
    return memory


def serve() -> None:
    """Holds what each line of stdin says, until it ends."""
    pieces = touched(PIECES, mmap.MADV_NOHUGEPAGE)
    if pieces:
        pieces.close()
    held, memory, since = 0, None, 0.0
    for line in sys.stdin.buffer:
        if int(line) != held:
            held = int(line)
            if memory and not held:
                time.sleep(max(0.0, since + SETTLED - time.monotonic()))
            if memory:
                memory.close()
            memory, since = touched(held, mmap.MADV_HUGEPAGE), time.monotonic()
        os.write(0, b".")


if __name__ == "__main__":
    serve()
