"""./dev bench --loop-lag: how long an event loop waits for its turn while this library works for another task.

A task beside the work wakes every millisecond and notes how late it comes. Every row runs in a process of its own; what
it reads is dropped only after the measurement, since giving back hundreds of MiB is the caller's own doing.
"""

import asyncio
import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.environments import OURS
from harness.slow_files import available, slow_files

GOAL_MS = 20
DELAY = 0.005  # seconds that each request to the slow file system takes
PLACES = ("memory", "local", "slow")
KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@dataclass
class Bench:
    storage: Any
    place: str
    folder: Path

    @property
    def size(self) -> int:
        """Of a large content, in bytes."""
        return (8 if self.place == "slow" else 200) << 20

    @property
    def files(self) -> int:
        """Of a large folder."""
        return 2_000 if self.place == "slow" else 50_000

    @property
    def under(self) -> Path:
        """Where the files of the place really are."""
        return self.folder / ("under" if self.place == "slow" else "local")

    def node(self, path: str) -> Any:
        return self.storage.node(f"{self.place}:{path}")

    def fill(self, path: str, content: bytes) -> Any:
        """Neither through the slow file system nor to stable storage."""
        if self.place == "memory":
            self.node(path).write_bytes(content)
        else:
            (self.under / path).write_bytes(content)
        return self.node(path)

    def fill_folder(self, path: str, count: int) -> Any:
        if self.place == "memory":
            for number in range(count):
                self.node(f"{path}/{number:06}.txt").write_bytes(b"content")
        else:
            target = self.under / path
            target.mkdir()
            for number in range(count):
                (target / f"{number:06}.txt").write_bytes(b"content")
        return self.node(path)


Work = Callable[[], Awaitable[Any]]
Row = Callable[[Bench], Work]


def noise(size: int) -> bytes:
    return os.urandom(1 << 20) * (size >> 20)


def prose(size: int) -> bytes:
    """UTF-8 text of lines with characters of two bytes here and there."""
    line = "Über den Dächern läuft der Kater, and nobody looks up at him.\n".encode()
    return line * (size // len(line))


def nothing(bench: Bench) -> Work:
    return lambda: asyncio.sleep(1)


def read_bytes(bench: Bench) -> Work:
    return bench.fill("a", noise(bench.size)).read_bytes


def read_text(bench: Bench) -> Work:
    return bench.fill("a", prose(bench.size)).read_text


def read_latin(bench: Bench) -> Work:
    node = bench.fill("a", prose(bench.size))
    return lambda: node.read_text("latin-1")


def read_into(bench: Bench) -> Work:
    node, buffer = bench.fill("a", noise(bench.size)), bytearray(bench.size)
    return lambda: node.read_into(buffer)


def read_lines(bench: Bench) -> Work:
    node = bench.fill("a", prose(bench.size // 4))

    async def work() -> int:
        count = 0
        async with node.open() as file:
            async for _ in file:
                count += 1
        return count

    return work


def read_small(bench: Bench) -> Work:
    node = bench.fill("a", b"content")

    async def work() -> None:
        for _ in range(200 if bench.place == "slow" else 100_000):
            await node.read_bytes()

    return work


def write_bytearray(bench: Bench) -> Work:
    node, content = bench.node("a"), bytearray(noise(bench.size))
    return lambda: node.write_bytes(content)


def write_text(bench: Bench) -> Work:
    node, text = bench.node("a"), prose(bench.size).decode()
    return lambda: node.write_text(text)


def md5(bench: Bench) -> Work:
    return bench.fill("a", noise(bench.size)).md5hash


def equals(bench: Bench) -> Work:
    content = noise(bench.size)
    left, right = bench.fill("a", content), bench.fill("b", bytes(bytearray(content)))
    return lambda: left.equals(right)


def to_base64(bench: Bench) -> Work:
    return bench.fill("a", noise(bench.size)).to_base64


def zip_whole(bench: Bench) -> Work:
    return bench.fill("a", prose(bench.size)).zip


def encrypted_write(bench: Bench) -> Work:
    node, content = bench.node("a"), noise(bench.size)
    return lambda: node.write_bytes(content, encrypted=True)


def encrypted_read(bench: Bench) -> Work:
    return bench.fill("a", bench.storage.encrypt(noise(bench.size))).read_bytes


def encrypt(bench: Bench) -> Work:
    content = noise(bench.size)
    return lambda: bench.storage.encrypt(content)


def base64_write(bench: Bench) -> Work:
    node, content = bench.storage.node("b64:"), noise(64 << 20)
    return lambda: node.write_bytes(content)


def base64_read(bench: Bench) -> Work:
    node = bench.storage.node("b64:")
    node.write_bytes(noise(64 << 20))
    return node.read_bytes


def listing(bench: Bench) -> Work:
    node = bench.fill_folder("many", bench.files)

    async def work() -> list[Any]:
        return list(await node.children())

    return work


def walking(bench: Bench) -> Work:
    return bench.fill_folder("many", bench.files).walk


def searching(bench: Bench) -> Work:
    node = bench.fill_folder("many", bench.files)
    return lambda: node.rglob("*.txt")


def get_many(bench: Bench) -> Work:
    count = bench.files // 10
    bench.fill_folder("many", count)
    nodes = [bench.node(f"many/{number:06}.txt") for number in range(count)]
    return lambda: bench.storage.get_many(nodes)


def copy_file(bench: Bench) -> Work:
    node = bench.fill("a", noise(bench.size))
    return lambda: node.copy_to(f"{bench.place}:b")


def copy_tree(bench: Bench) -> Work:
    node = bench.fill_folder("many", bench.files // 10)
    return lambda: node.copy_to(f"{bench.place}:copy")


def remove_tree(bench: Bench) -> Work:
    return bench.fill_folder("many", bench.files // 10).delete


ROWS: dict[str, tuple[Row, tuple[str, ...]]] = {
    "nothing: the machine itself": (nothing, ("memory",)),
    "read to bytes": (read_bytes, PLACES),
    "read text, not ASCII": (read_text, PLACES),
    "read text in Latin-1": (read_latin, PLACES),
    "read into a buffer": (read_into, PLACES),
    "read lines by `async for`": (read_lines, PLACES),
    "read small files, one after the other": (read_small, PLACES),
    "write a bytearray": (write_bytearray, PLACES),
    "write text, not ASCII": (write_text, PLACES),
    "MD5": (md5, PLACES),
    "compare two equal files": (equals, PLACES),
    "encode in base64": (to_base64, PLACES),
    "zip": (zip_whole, PLACES),
    "write encrypted": (encrypted_write, PLACES),
    "read encrypted": (encrypted_read, PLACES),
    "`encrypt()`": (encrypt, ("memory",)),
    "write 64 MiB to a base64 mount": (base64_write, ("memory",)),
    "read 64 MiB from a base64 mount": (base64_read, ("memory",)),
    "list 50,000 files": (listing, PLACES),
    "walk 50,000 files": (walking, PLACES),
    "search 50,000 files": (searching, PLACES),
    "get 5,000 small files in one call": (get_many, PLACES),
    "copy a file": (copy_file, PLACES),
    "copy 5,000 small files": (copy_tree, PLACES),
    "remove 5,000 small files": (remove_tree, PLACES),
}


async def worst_lag(work: Work) -> tuple[float, float]:
    """The latest that a task beside `work` woke, and how long the work took; seconds."""
    worst = 0.0

    async def tick() -> None:
        nonlocal worst
        while True:
            due = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - due)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.05)
    begin, worst = time.perf_counter(), 0.0
    kept = await work()
    await asyncio.sleep(0.005)
    lag, took = worst, time.perf_counter() - begin
    ticking.cancel()
    del kept
    return lag, took


@contextlib.contextmanager
def places(folder: Path, place: str) -> Iterator[Bench]:
    from genro_storage import StorageManager

    for name in ("local", "under", "slow"):
        (folder / name).mkdir()
    storage = StorageManager()
    storage.set_encryption_keys(KEY)
    with slow_files(folder / "under", folder / "slow", DELAY) if place == "slow" else contextlib.nullcontext():
        storage.configure(
            [
                {"name": "memory", "protocol": "memory"},
                {"name": "b64", "protocol": "base64"},
                *({"name": n, "protocol": "local", "base_path": str(folder / n)} for n in ("local", "under", "slow")),
            ]
        )
        yield Bench(storage, place, folder)


def child(name: str, place: str, folder: str) -> None:
    """One row at one place."""
    with places(Path(folder), place) as bench:
        work = ROWS[name][0](bench)
        gc.collect()
        gc.freeze()
        lag, took = asyncio.run(worst_lag(work))
    print(json.dumps({"lag_ms": lag * 1000, "seconds": took}))


def measured(name: str, place: str, scratch: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        command = [str(OURS), __file__, name, place, folder]
        paths = [str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        run = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=900,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        if run.returncode:
            raise RuntimeError(f"{name}, {place}: {run.stderr[-2000:]}")
        return json.loads(run.stdout)


def measure(rounds: int, only: str, scratch: Path) -> dict[str, Any]:
    """Row to place to the figures of each round."""
    scratch.mkdir(parents=True, exist_ok=True)
    shown = [place for place in PLACES if place != "slow" or available()]
    results: dict[str, Any] = {}
    for name, (_, at) in ROWS.items():
        if only and not any(word in name for word in only.split(",")):
            continue
        results[name] = {}
        for place in (place for place in at if place in shown):
            runs = [measured(name, place, scratch) for _ in range(rounds)]
            results[name][place] = runs
            worst = max(run["lag_ms"] for run in runs)
            print(f"{name:40} {place:7} worst {worst:6.1f} ms of {runs[-1]['seconds']:.2f} s", flush=True)
    return results


def section(stored: dict[str, Any]) -> str:
    """For docs/benchmarks.md."""
    run, rows = stored["run"], stored["results"]
    lines = [
        "## Lag of the event loop\n",
        f"`{run['command']}` at {run['commit']} on {run['date']}, {run['minutes']} minutes. A task beside the awaited "
        "call wakes every millisecond; the figures are the latest that it came, in ms: the worst of the "
        f"{run['rounds']} rounds, and their median in brackets. The goal is {GOAL_MS} ms. Contents are of 200 MiB; on "
        f"the slow file system, where every request takes {DELAY * 1000:.0f} ms (FUSE, "
        "`bench/harness/slow_files.py`), of 8 MiB, and folders hold a twenty-fifth of the files.\n",
        "| | memory | local | slow local |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, places_ in rows.items():
        cells = []
        for place in PLACES:
            lags = sorted(run["lag_ms"] for run in places_.get(place, []))
            cells.append(f"{lags[-1]:.1f} ({lags[len(lags) // 2]:.1f})" if lags else "-")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    child(*sys.argv[1:])
