"""Proxy: a real HTTP forward proxy on loopback, with tunnels for https, that counts, refuses, dawdles and cuts."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

PIECE = 1 << 16
ENDLESS = 1 << 60
Fields = dict[str, str]


class RefusedError(Exception):
    """What the proxy answers by itself, with that status."""


class Proxy:
    """Serves in a thread of its own from its making to close()."""

    def __init__(self, user: str = "", password: str = "") -> None:
        self.connections = 0  # that clients opened
        self.tunnels: list[str] = []  # "host:port" as clients asked for them, those refused too
        self.requests: list[str] = []  # "GET host:port", those in absolute form
        self.refusing = 0  # the status that everybody gets
        self.silent = False  # takes a request and closes without an answer
        self.dawdles = 0.0  # seconds before a CONNECT is answered
        self.dribbles = 0.0  # seconds between two bytes of that answer
        self.cuts_down: list[int] = []  # the next tunnel is broken off after so many bytes from the server
        self.cuts_up: list[int] = []  # and after so many from the client
        self.brought = 0  # bytes that came from servers through tunnels
        self.names: dict[str, tuple[str, int]] = {}  # "host:port" that only the proxy knows the way to
        word = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._authorization = f"Basic {word}" if user else ""
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        self._started.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_for_connections(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while self.connections < count:
            assert time.monotonic() < deadline, f"{self.connections} connections instead of {count}"
            time.sleep(0.01)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            try:
                await self._requests(reader, writer)
            except RefusedError as refused:
                text = "Proxy-Authenticate: Basic realm=proxy\r\n" if refused.args[0] == 407 else ""
                answer = f"HTTP/1.1 {refused.args[0]} No\r\n{text}Content-Length: 2\r\nConnection: close\r\n\r\nno"
                writer.write(answer.encode())
                await writer.drain()
            finally:
                writer.close()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            while True:
                first, fields = await read_head(reader)
                method, target, _ = first.split(" ")
                uri = urlsplit(target)
                authority = target if method == "CONNECT" else uri.netloc
                if method == "CONNECT":
                    self.tunnels.append(authority)
                else:
                    self.requests.append(f"{method} {authority}")
                if self.silent:
                    return
                self._check(fields)
                if method == "CONNECT":
                    server = await self._connect(authority)
                    await self._tunnel(reader, writer, *server)
                    return
                server = server or await self._connect(authority)
                origin = uri._replace(scheme="", netloc="").geturl()
                await forward(f"{method} {origin} HTTP/1.1", fields, (reader, writer), server)
        finally:
            if server:
                server[1].close()

    def _check(self, fields: Fields) -> None:
        if self._authorization and fields.get("proxy-authorization") != self._authorization:
            raise RefusedError(407)
        if self.refusing:
            raise RefusedError(self.refusing)

    async def _connect(self, authority: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        uri = urlsplit(f"//{authority}")
        host, port = self.names.get(authority, (uri.hostname, uri.port or 80))
        try:
            return await asyncio.open_connection(host, port)
        except OSError:
            raise RefusedError(502) from None

    def _count(self, size: int) -> None:
        self.brought += size

    async def _tunnel(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        from_server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        await asyncio.sleep(self.dawdles)
        answer = b"HTTP/1.0 200 Connection established\r\n\r\n"
        for byte in answer if self.dribbles else b"":
            writer.write(bytes([byte]))
            await asyncio.sleep(self.dribbles)
        writer.write(b"" if self.dribbles else answer)
        up = asyncio.ensure_future(pump(reader, to_server, self.cuts_up.pop(0) if self.cuts_up else ENDLESS))
        try:
            limit = self.cuts_down.pop(0) if self.cuts_down else ENDLESS
            await pump(from_server, writer, limit, self._count)
        finally:
            up.cancel()


async def pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int, count: Callable[[int], object] = int
) -> None:
    """Passes bytes on to their end, or closes without ceremony after `limit` of them."""
    passed = 0
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(min(PIECE, limit - passed)):
            writer.write(data)
            await writer.drain()
            passed += len(data)
            count(len(data))
        if passed == limit:
            writer.transport.abort()
        else:
            writer.write_eof()


async def read_head(reader: asyncio.StreamReader) -> tuple[str, Fields]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    return lines[0], {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}


async def forward(
    first: str,
    fields: Fields,
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """One request and its answer. The body goes up beside the answer's coming down, as "Expect: 100-continue" wants."""
    (from_client, to_client), (from_server, to_server) = client, server
    to_server.write(written(first, {k: v for k, v in fields.items() if not k.startswith("proxy-")}))
    up = asyncio.ensure_future(copy(from_client, to_server, int(fields.get("content-length", 0))))
    try:
        while True:
            status_line, answer = await read_head(from_server)
            to_client.write(written(status_line, answer))
            status = int(status_line.split(" ")[1])
            if status >= 200:
                break
        if first.startswith("HEAD ") or status in (204, 304):
            pass
        elif answer.get("transfer-encoding") == "chunked":
            await copy_chunks(from_server, to_client)
        else:
            await copy(from_server, to_client, int(answer["content-length"]))
        await to_client.drain()
        await up
    finally:
        up.cancel()


def written(first: str, fields: Fields) -> bytes:
    return "".join([first, "\r\n", *(f"{k}: {v}\r\n" for k, v in fields.items()), "\r\n"]).encode("latin-1")


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int) -> None:
    while left:
        data = await reader.read(min(PIECE, left))
        if not data:
            raise ConnectionResetError
        writer.write(data)
        await writer.drain()
        left -= len(data)


async def copy_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    size = -1
    while size:
        line = await reader.readuntil(b"\r\n")
        size = int(line, 16)
        writer.write(line)
        await copy(reader, writer, size + 2)
