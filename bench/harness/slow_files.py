"""A file system that is slow: every request to it takes some milliseconds, as on a disk that sleeps or a far server.

`slow_files(folder, mount_point, delay)` shows `folder` at `mount_point` by FUSE, from a process of its own. It speaks
the kernel's protocol (linux/fuse.h, 7.31) itself and needs root and /dev/fuse; `available()` says whether both are
there.
What it does not know (links, extended attributes, files without a name) it refuses as a simple file system would.
"""

import ctypes
import errno
import os
import stat
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

IN_HEADER = struct.Struct("<IIQQIIII")
OUT_HEADER = struct.Struct("<IiQ")
ATTRIBUTES = struct.Struct("<QQQQQQIIIIIIIIII")
LONGEST_WRITE = 1 << 17
ROOT = 1
UNKNOWN, DIRECTORY, REGULAR = 0, 4, 8  # types of what is in a folder
NEVER_ANSWERED = (2, 42, 36)  # FORGET, BATCH_FORGET, INTERRUPT

LIBC = ctypes.CDLL(None, use_errno=True)


def available() -> bool:
    return os.access("/dev/fuse", os.R_OK | os.W_OK) and os.geteuid() == 0


class Folder:
    """What the kernel asks for, answered from a folder of another file system."""

    def __init__(self, folder: str):
        self.paths = {ROOT: folder}
        self.nodes = {folder: ROOT}
        self.listed: dict[int, list[tuple[str, int]]] = {}  # by node: the listing that is being given out
        self.lock = threading.Lock()

    def node_of(self, path: str) -> int:
        with self.lock:
            node = self.nodes.setdefault(path, len(self.paths) + ROOT)
            self.paths[node] = path
            return node

    def child(self, node: int, name: bytes) -> str:
        return os.path.join(self.paths[node], os.fsdecode(name.rstrip(b"\0")))

    @staticmethod
    def attributes(status: os.stat_result, node: int) -> bytes:
        times = (status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns)
        seconds, rest = [t // 10**9 for t in times], [t % 10**9 for t in times]
        owner = (status.st_mode, status.st_nlink, status.st_uid, status.st_gid)
        return ATTRIBUTES.pack(node, status.st_size, status.st_blocks, *seconds, *rest, *owner, 0, 4096, 0)

    def entry(self, path: str) -> bytes:
        """Nothing of it may be cached: each look is a request."""
        status = os.lstat(path)
        node = self.node_of(path)
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + self.attributes(status, node)

    def getattr(self, node: int, body: bytes) -> bytes:
        return struct.pack("<QII", 0, 0, 0) + self.attributes(os.lstat(self.paths[node]), node)

    def setattr(self, node: int, body: bytes) -> bytes:
        valid, _, _, size, _, atime, mtime, _, atime_ns, mtime_ns, _, mode = struct.unpack_from("<IIQQQQQQIIII", body)
        path = self.paths[node]
        if valid & 1:
            os.chmod(path, stat.S_IMODE(mode))
        if valid & 8:
            os.truncate(path, size)
        if valid & 0x30:
            now = time.time_ns()
            times = (
                atime * 10**9 + atime_ns if valid & 0x10 else now,
                mtime * 10**9 + mtime_ns if valid & 0x20 else now,
            )
            os.utime(path, ns=times)
        return self.getattr(node, b"")

    def lookup(self, node: int, body: bytes) -> bytes:
        return self.entry(self.child(node, body))

    def mkdir(self, node: int, body: bytes) -> bytes:
        path = self.child(node, body[8:])
        os.mkdir(path, struct.unpack_from("<I", body)[0] & 0o7777)
        return self.entry(path)

    def unlink(self, node: int, body: bytes) -> bytes:
        os.unlink(self.child(node, body))
        return b""

    def rmdir(self, node: int, body: bytes) -> bytes:
        os.rmdir(self.child(node, body))
        return b""

    def rename(self, node: int, body: bytes) -> bytes:
        return self.moved(node, struct.unpack_from("<Q", body)[0], body[8:])

    def rename2(self, node: int, body: bytes) -> bytes:
        target, flags, _ = struct.unpack_from("<QII", body)
        if flags:
            raise OSError(errno.EINVAL, "flags")
        return self.moved(node, target, body[16:])

    def moved(self, node: int, target: int, names: bytes) -> bytes:
        old, new = (os.fsdecode(name) for name in names.split(b"\0")[:2])
        before, after = os.path.join(self.paths[node], old), os.path.join(self.paths[target], new)
        os.rename(before, after)
        with self.lock:
            if moved := self.nodes.pop(before, None):
                self.paths[moved] = after
                self.nodes[after] = moved
        return b""

    def link(self, node: int, body: bytes) -> bytes:
        path = self.child(node, body[8:])
        os.link(self.paths[struct.unpack_from("<Q", body)[0]], path)
        return self.entry(path)

    def open(self, node: int, body: bytes) -> bytes:
        flags = struct.unpack_from("<I", body)[0] & (os.O_ACCMODE | os.O_TRUNC)
        return struct.pack("<QII", os.open(self.paths[node], flags), 0, 0)

    def create(self, node: int, body: bytes) -> bytes:
        flags, mode = struct.unpack_from("<II", body)
        path = self.child(node, body[16:])
        handle = os.open(path, flags & (os.O_ACCMODE | os.O_TRUNC | os.O_EXCL) | os.O_CREAT, stat.S_IMODE(mode))
        return self.entry(path) + struct.pack("<QII", handle, 0, 0)

    def read(self, node: int, body: bytes) -> bytes:
        handle, offset, size = struct.unpack_from("<QQI", body)
        return os.pread(handle, size, offset)

    def write(self, node: int, body: bytes) -> bytes:
        handle, offset, size = struct.unpack_from("<QQI", body)
        return struct.pack("<II", os.pwrite(handle, body[40 : 40 + size], offset), 0)

    def release(self, node: int, body: bytes) -> bytes:
        os.close(struct.unpack_from("<Q", body)[0])
        return b""

    def nothing(self, node: int, body: bytes) -> bytes:
        return b""

    def opendir(self, node: int, body: bytes) -> bytes:
        return struct.pack("<QII", 0, 0, 0)

    def readdir(self, node: int, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        if offset == 0:
            with os.scandir(self.paths[node]) as found:
                entries = sorted((entry.name, self.kind(entry)) for entry in found)
            self.listed[node] = [(".", DIRECTORY), ("..", DIRECTORY), *entries]
        listed = self.listed[node]
        answer = b""
        for number in range(offset, len(listed)):
            name = os.fsencode(listed[number][0])
            record = struct.pack("<QQII", number + 2, number + 1, len(name), listed[number][1]) + name
            record += b"\0" * (-len(record) % 8)
            if len(answer) + len(record) > size:
                break
            answer += record
        return answer

    @staticmethod
    def kind(entry: os.DirEntry[str]) -> int:
        if entry.is_dir(follow_symlinks=False):
            return DIRECTORY
        return REGULAR if entry.is_file(follow_symlinks=False) else UNKNOWN

    def statfs(self, node: int, body: bytes) -> bytes:
        found = os.statvfs(self.paths[ROOT])
        numbers = (found.f_blocks, found.f_bfree, found.f_bavail, found.f_files, found.f_ffree)
        return struct.pack("<QQQQQIIII24x", *numbers, found.f_bsize, 255, found.f_frsize, 0)

    def init(self, node: int, body: bytes) -> bytes:
        ahead = struct.unpack_from("<IIII", body)[2]
        parallel, big_writes = 1 << 0, 1 << 5
        return struct.pack("<IIIIHHIIHH32x", 7, 31, ahead, parallel | big_writes, 64, 48, LONGEST_WRITE, 1, 0, 0)


def operations(folder: Folder) -> dict[int, Callable[[int, bytes], bytes]]:
    return {
        1: folder.lookup, 3: folder.getattr, 4: folder.setattr, 9: folder.mkdir, 10: folder.unlink, 11: folder.rmdir,
        12: folder.rename, 13: folder.link, 14: folder.open, 15: folder.read, 16: folder.write, 17: folder.statfs,
        18: folder.release, 20: folder.nothing, 25: folder.nothing, 26: folder.init, 27: folder.opendir,
        28: folder.readdir, 29: folder.nothing, 30: folder.nothing, 35: folder.create, 45: folder.rename2,
    }  # fmt: skip


def serve(device: int, folder: Folder, delay: float) -> None:
    """Answers until the file system is unmounted."""
    known = operations(folder)

    def answer(request: bytes) -> None:
        _, operation, unique, node, *_ = IN_HEADER.unpack_from(request)
        time.sleep(delay)
        result, error = b"", 0
        try:
            if operation not in known:
                raise OSError(errno.ENOSYS, "unknown")
            result = known[operation](node, request[IN_HEADER.size :])
        except OSError as failure:
            error = failure.errno or errno.EIO
        try:
            os.write(device, OUT_HEADER.pack(OUT_HEADER.size + len(result), -error, unique) + result)
        except OSError as failure:
            if failure.errno != errno.ENOENT:  # nobody waits for this one any more
                raise

    with ThreadPoolExecutor(64) as threads:
        while True:
            try:
                request = os.read(device, LONGEST_WRITE + 4096)
            except OSError as failure:
                if failure.errno == errno.ENODEV:
                    return
                if failure.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                    continue
                raise
            if IN_HEADER.unpack_from(request)[1] not in NEVER_ANSWERED:
                threads.submit(answer, request)


def mount(device: int, mount_point: str) -> None:
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    if LIBC.mount(b"slow-files", os.fsencode(mount_point), b"fuse", 0, os.fsencode(options)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), mount_point)


@contextmanager
def slow_files(folder: Path, mount_point: Path, delay: float) -> Iterator[None]:
    """`delay`: seconds each request takes."""
    command = [sys.executable, __file__, str(folder), str(mount_point), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout
            if server.stdout.readline() != b"mounted\n":
                raise RuntimeError("the slow file system does not start")
            yield
        finally:
            LIBC.umount2(os.fsencode(mount_point), 2)  # MNT_DETACH: also when something is open
            server.kill()  # which ends what is open, too


if __name__ == "__main__":
    opened = os.open("/dev/fuse", os.O_RDWR)
    mount(opened, sys.argv[2])
    print("mounted", flush=True)
    serve(opened, Folder(sys.argv[1]), float(sys.argv[3]))
