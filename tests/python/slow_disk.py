"""A disk that answers when it is told to: a real FUSE file system, served by a process of its own.

The fixture `slow_disk` mounts one with the file `a.txt` in it; skips where this machine lets nobody mount such a thing.
Run as a program it is the server, and speaks the kernel's protocol (include/uapi/linux/fuse.h) by itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

CONTENT = b"from a slow disk\n" * 1000
PATIENCE = 20  # seconds; then held requests are answered all the same, so that what they block can report it
ROOT, FILE = 1, 2


class SlowDisk:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.server = subprocess.Popen(
            [sys.executable, __file__, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.refusal = self._heard()

    def hold(self) -> None:
        """From now on no request is answered."""
        self._tell("hold")

    def release(self) -> bool:
        """Answers all again. False when the patience was over before."""
        return self._tell("release") == "ok"

    def delay(self, seconds: float) -> None:
        """From now on each answer takes so long."""
        self._tell(f"delay {seconds}")

    def close(self) -> None:
        with self.server:  # closes its pipes, which ends it
            pass

    def _tell(self, order: str) -> str:
        self.server.stdin.write(order + "\n")
        self.server.stdin.flush()
        return self._heard()

    def _heard(self) -> str:
        return self.server.stdout.readline().strip()


@pytest.fixture(scope="module")
def mounted_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlowDisk]:
    """One for all tests of a module, since the server is a process with an interpreter of its own."""
    root = tmp_path_factory.mktemp("around") / "slow"
    root.mkdir()
    disk = SlowDisk(root)
    if disk.refusal != "mounted":
        disk.close()
        pytest.skip(f"no FUSE here: {disk.refusal or 'the server did not start'}")
    yield disk
    disk.close()


@pytest.fixture
def slow_disk(mounted_disk: SlowDisk) -> Iterator[SlowDisk]:
    yield mounted_disk
    mounted_disk.release()
    mounted_disk.delay(0)


class Server:
    LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS = 1, 2, 3, 14, 15, 17
    RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, DESTROY, BATCH_FORGET = 18, 25, 26, 27, 28, 29, 38, 42

    def __init__(self, device: int) -> None:
        self.device = device
        self.open = threading.Event()
        self.open.set()
        self.pause = 0.0
        self.gave_up = False

    def serve(self) -> None:
        while True:
            try:
                request = os.read(self.device, 1 << 18)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.EAGAIN, errno.ENOENT):
                    continue
                return  # not mounted any more
            threading.Thread(target=self.one, args=(request,), daemon=True).start()

    def one(self, request: bytes) -> None:
        _, operation, unique, node = struct.unpack_from("<IIQQ", request)
        if operation in (self.FORGET, self.BATCH_FORGET):
            return
        if operation not in (self.INIT, self.DESTROY):
            self.take_time()
        error, body = self.answer(operation, node, request[40:])
        with contextlib.suppress(OSError):  # whoever asked was killed meanwhile
            os.write(self.device, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)

    def take_time(self) -> None:
        if not self.open.wait(PATIENCE):
            self.gave_up = True
            self.open.set()
        if self.pause:
            threading.Event().wait(self.pause)

    def answer(self, operation: int, node: int, body: bytes) -> tuple[int, bytes]:
        if operation == self.INIT:
            return 0, struct.pack("<IIIIHHIIHHI28x", 7, 31, 1 << 17, 0, 16, 12, 1 << 17, 1, 0, 0, 0)
        if operation == self.LOOKUP:
            if node != ROOT or body.rstrip(b"\0") != b"a.txt":
                return errno.ENOENT, b""
            return 0, struct.pack("<QQQQII", FILE, 0, 0, 0, 0, 0) + attributes(FILE)
        if operation == self.GETATTR:
            return 0, struct.pack("<QII", 0, 0, 0) + attributes(node)
        if operation in (self.OPEN, self.OPENDIR):
            return 0, struct.pack("<QII", 0, 0, 0)
        if operation == self.READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            return 0, CONTENT[offset : offset + size]
        if operation == self.READDIR:
            _, offset = struct.unpack_from("<QQ", body)
            return 0, b"" if offset else struct.pack("<QQII8s", FILE, 1, 5, 8, b"a.txt")
        if operation == self.STATFS:
            return 0, struct.pack("<QQQQQIII28x", 1 << 20, 1 << 19, 1 << 19, 1 << 20, 1 << 19, 4096, 255, 4096)
        if operation in (self.RELEASE, self.RELEASEDIR, self.FLUSH, self.DESTROY):
            return 0, b""
        return errno.ENOSYS, b""


def attributes(node: int) -> bytes:
    mode, size = (0o40755, 0) if node == ROOT else (0o100644, len(CONTENT))
    times = (1_600_000_000, 1_600_000_000, 1_600_000_000, 0, 0, 0)
    return struct.pack("<QQQQQQIIIIIIIIII", node, size, 8, *times, mode, 1, 0, 0, 0, 4096, 0)


def main(root: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        print(error)
        return
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()},allow_other"
    if libc.mount(b"slow", root.encode(), b"fuse", 0, options.encode()) != 0:
        print("mount:", os.strerror(ctypes.get_errno()))
        return
    server = Server(device)
    threading.Thread(target=server.serve, daemon=True).start()
    print("mounted", flush=True)
    try:
        for order in sys.stdin:
            word, *rest = order.split()
            if word == "hold":
                server.gave_up = False
                server.open.clear()
            elif word == "release":
                server.open.set()
            else:
                server.pause = float(rest[0])
            print("late" if server.gave_up else "ok", flush=True)
    finally:
        server.open.set()
        libc.umount2(root.encode(), 2)  # MNT_DETACH: also when a file is still open


if __name__ == "__main__":
    main(sys.argv[1])
