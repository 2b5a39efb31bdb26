"""The guided tour: real files of this machine, backed up, compared, read in parallel, and served over HTTP.

Run it by `./dev demo`. Everything stays on this machine: local and memory mounts, and a server on loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import httpx
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from genro_storage import StorageManager, StorageNode, __version__

console = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 120)


class Tally:
    """What was done and how long it took: one row of the closing table."""

    rows: ClassVar[list[tuple[str, int, int, float]]] = []

    def __init__(self, what: str) -> None:
        self.what = what
        self.files = 0
        self.size = 0

    def __enter__(self) -> Tally:
        self.begin = time.perf_counter()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        seconds = time.perf_counter() - self.begin
        if kind is None:
            self.rows.append((self.what, self.files, self.size, seconds))
            console.print(
                f"  [green]✓[/] {self.what}: {self.files:,} files, {self.size / 1e6:,.1f} MB in {seconds:.2f} s"
            )


def title(text: str) -> None:
    console.print(f"\n[bold cyan]{text}[/]")


def gather_files(most_files: int) -> dict[str, Path]:
    """Real files of this machine: documentation and the Python standard library."""
    roots = {"doc": Path("/usr/share/doc"), "python": Path(sysconfig.get_path("stdlib"))}
    found: dict[str, Path] = {}
    for name, root in roots.items():
        for path in sorted(root.rglob("*")):
            if len(found) >= most_files * (1 if name == "doc" else 2) // 2:
                break
            if (
                path.is_file()
                and not path.is_symlink()
                and "__pycache__" not in path.parts
                and path.stat().st_size < 4_000_000
            ):
                found[f"{name}/{path.relative_to(root)}"] = path
    return found


async def fill(storage: StorageManager, files: dict[str, Path]) -> int:
    """Brings the files into the first mount, as an application would write them."""
    with Tally("write them into a local mount, 64 at a time") as tally:
        limit = asyncio.Semaphore(64)

        async def one(name: str, path: Path) -> None:
            async with limit:
                data = path.read_bytes()
                await storage.node("files", name).write_bytes(data)
                tally.files += 1
                tally.size += len(data)

        async with asyncio.TaskGroup() as group:
            for name, path in files.items():
                group.create_task(one(name, path))
    return tally.size


async def back_up(storage: StorageManager, size: int) -> None:
    """Copies the whole mount to two others at the same time."""
    columns = [TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    with Progress(*columns, console=console, transient=True) as bar:

        async def one(target: str, what: str) -> None:
            task = bar.add_task(what, total=None)
            with Tally(what) as tally:

                def progress(done: int, total: int) -> None:
                    tally.files = total
                    bar.update(task, completed=done, total=total)

                await storage.node("files:").copy_to(storage.node(target), progress=progress)
                tally.size = size

        await asyncio.gather(
            one("cache", "back up from disk to memory"), one("second", "back up to a second local mount")
        )


async def all_files(folder: StorageNode) -> list[StorageNode]:
    found: list[StorageNode] = []
    for child in await folder.children():
        found += await all_files(child) if await child.is_dir() else [child]
    return found


async def compare(storage: StorageManager, mounts: list[str], expected: int) -> None:
    with Tally(f"compare the contents on {len(mounts)} mounts") as tally:
        for node in await all_files(storage.node("files")):
            first, *others = await asyncio.gather(
                *[storage.node(mount, node.path).read_bytes() for mount in ["files", *mounts]]
            )
            if any(other != first for other in others):
                raise SystemExit(f"{node.fullpath} differs from its copy")
            tally.files += 1
            tally.size += len(first) * len(others)
        if tally.files != expected:
            raise SystemExit(f"{expected} files were written, {tally.files} were found")


async def read_in_parallel(storage: StorageManager) -> None:
    nodes = await all_files(storage.node("cache"))
    for mount in ("files", "cache"):
        with Tally(f"read everything at once from {'disk' if mount == 'files' else 'memory'} with gather") as tally:
            contents = await asyncio.gather(*[storage.node(mount, node.path).read_bytes() for node in nodes])
            tally.files, tally.size = len(contents), sum(map(len, contents))
    with Tally("read everything in one call of get_many") as tally:
        contents = await storage.get_many([storage.node("files", node.path) for node in nodes])
        tally.files, tally.size = len(contents), sum(map(len, contents))


class SlowServer:
    """An S3 endpoint that begins to answer and then falls silent."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        kept = []
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nthe first bytes")
            kept.append(connection)


async def limit_time(storage: StorageManager) -> None:
    server = SlowServer()
    storage.add_mount(
        {
            "name": "slow",
            "protocol": "s3",
            "bucket": "bucket",
            "region": "us-east-1",
            "endpoint_url": f"http://127.0.0.1:{server.port}",
            "access_key": "demo",
            "secret_key": "demo",
        }
    )
    begin = time.perf_counter()
    try:
        await asyncio.wait_for(storage.node("slow:report.pdf").read_bytes(), timeout=0.5)
    except TimeoutError:
        console.print(f"  [green]✓[/] a server that falls silent: cancelled after {time.perf_counter() - begin:.2f} s")
    server.listener.close()
    storage.delete_mount("slow")


def show_errors(storage: StorageManager) -> None:
    table = Table("what was asked", "what comes", "its text", box=None, padding=(0, 2), header_style="bold")

    def ask(text: str, call: Any) -> None:
        try:
            call()
        except Exception as error:
            builtin = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
            table.add_row(
                f"[bold]{escape(text)}[/]", f"{type(error).__name__}\n[dim]{builtin.__name__}[/]", escape(str(error))
            )
        else:
            raise SystemExit(f"{text} was to fail")

    storage.configure([{"name": "frozen", "path": "files:", "permissions": "readonly"}])
    ask("node('nowhere:a')", lambda: storage.node("nowhere:a"))
    ask("node('files:../etc/passwd')", lambda: storage.node("files:../etc/passwd"))
    ask("read a file that is missing", lambda: storage.node("files:no/such/file").read_text())
    ask("read a folder", lambda: storage.node("files:doc").read_bytes())
    ask("write on a read-only mount", lambda: storage.node("frozen:a").write_text("x"))
    ask(
        "a configuration with a typo",
        lambda: storage.configure([{"name": "x", "protocol": "memory", "base_paht": "y"}], strict=True),
    )
    console.print(table)


def serve_and_use(folder: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "fastapi_app:app", "--port", str(port), "--log-level", "warning"],
        cwd=Path(__file__).parent,
        env={**os.environ, "GENRO_DEMO_DATA": folder},
    )
    try:
        asyncio.run(use_service(f"http://127.0.0.1:{port}"))
    finally:
        server.terminate()
        server.wait(10)


async def use_service(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        for _ in range(200):
            try:
                names = (await client.get("/list/doc")).json()
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
        else:
            raise SystemExit("the service did not start")
        console.print(f"  GET /list/doc → {len(names)} names")
        content = os.urandom(20_000_000)
        with Tally("upload and download 20 MB over HTTP") as tally:
            answer = (await client.put("/files/big.bin", content=content)).raise_for_status().json()
            got = (await client.get("/files/big.bin")).raise_for_status().content
            tally.files, tally.size = 2, len(content) * 2
            if got != content or answer["size"] != len(content):
                raise SystemExit("the service changed the bytes")
        console.print(f"  PUT /files/big.bin → {answer}", markup=False)
        with Tally("upload 200 small files over HTTP, 20 at a time") as tally:
            limit = asyncio.Semaphore(20)

            async def put(i: int) -> None:
                async with limit:
                    (await client.put(f"/files/small/{i}.txt", content=f"file {i}\n" * 100)).raise_for_status()
                    tally.files += 1
                    tally.size += len(f"file {i}\n") * 100

            await asyncio.gather(*[put(i) for i in range(200)])
        answer = (await client.post("/backup", json=["big.bin", "small/7.txt", "missing.txt"])).json()
        console.print(f"  POST /backup → {[result['status'] for result in answer['results']]}", markup=False)
        missing = await client.get("/files/none")
        console.print(f"  GET /files/none → {missing.status_code} {missing.json()['detail']}")


def summary() -> None:
    table = Table("", "files", "MB", "seconds", "files/s", "MB/s", header_style="bold", title="What was done")
    for column in table.columns[1:]:
        column.justify = "right"
    for what, files, size, seconds in Tally.rows:
        table.add_row(
            what,
            f"{files:,}",
            f"{size / 1e6:,.1f}",
            f"{seconds:.2f}",
            f"{files / seconds:,.0f}",
            f"{size / 1e6 / seconds:,.0f}",
        )
    console.print()
    console.print(table)


async def tour(storage: StorageManager, most_files: int) -> None:
    title("Real files of this machine")
    files = gather_files(most_files)
    console.print(f"  {len(files):,} files of /usr/share/doc and the Python standard library")
    size = await fill(storage, files)

    title("Backup: two mounts at once, inside one event loop")
    await back_up(storage, size)
    with Tally("back up once more: nothing to do") as tally:
        skipped: list[str] = []
        await storage.node("files:").copy_to(
            "second:", skip="size", on_skip=lambda node, reason: skipped.append(reason)
        )
        tally.files = len(skipped)
    await compare(storage, ["cache", "second"], len(files))

    title("Parallel reads")
    await read_in_parallel(storage)

    title("Time limits")
    await limit_time(storage)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=4000, help="how many files to use at most")
    arguments = parser.parse_args()
    console.print(
        Panel.fit(
            f"[bold]genro-storage {__version__}[/]\none API over every place where files live, for sync and async"
        )
    )
    with tempfile.TemporaryDirectory(prefix="genro-demo-") as folder:
        storage = StorageManager()
        mounts: list[dict[str, Any]] = [{"name": "cache", "protocol": "memory", "base_path": "demo"}]
        for name in ("files", "second"):
            (Path(folder) / name).mkdir()
            mounts.append({"name": name, "protocol": "local", "base_path": f"{folder}/{name}", "durable": False})
        storage.configure(mounts)
        console.print(f"  {storage!r}", markup=False)

        title("Without an event loop: plain values")
        node = storage.node("files:hello.txt")
        node.write_text("hello, storage\n")
        console.print(
            f"  {node!r}: {node.size()} bytes, {node.mimetype}, {node.read_text()!r}, md5 {node.md5hash()}",
            markup=False,
        )
        node.delete()

        asyncio.run(tour(storage, arguments.files))
        title("Errors, as a user meets them")
        show_errors(storage)
        title("A FastAPI service on loopback, used by a real HTTP client")
        serve_and_use(f"{folder}/files")
    summary()


if __name__ == "__main__":
    main()
