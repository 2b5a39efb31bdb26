"""Relay: passes bytes between clients and a server, as they are. Gate: one that cuts, stalls or spoils them where a
test says, and that can be gone for a while.

Who signs the Host that it asks for is addressed by the relay's URL. Each connection has a thread.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PIECE = 1 << 16

# What becomes of a piece, of which is known whether it goes up to the server.
Passage = Callable[[bytes, bool], Iterator[bytes]]


def as_it_is(data: bytes, up: bool) -> Iterator[bytes]:
    yield data


class Relay:
    """Serves at `url`, which has the path of the server's URL, from its making to close()."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._address = self._listener.getsockname()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self._address[1]}{parts.path}"
        self._listen()

    def passage(self) -> Passage:
        """Of a new connection."""
        return as_it_is

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with self._lock:
                    if listener is not self._listener:  # killed meanwhile
                        client.close()
                        return
                    self._open.add(client)
                threading.Thread(target=self._pass, args=(client, self.passage()), daemon=True).start()

    def _pass(self, client: socket.socket, passage: Passage) -> None:
        try:
            with (
                contextlib.suppress(OSError),
                client,
                socket.create_connection(self._target) as server,
                selectors.DefaultSelector() as ready,
            ):
                for end in (client, server):  # what is passed on has been gathered by the kernel already
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ready.register(client, selectors.EVENT_READ, server)
                ready.register(server, selectors.EVENT_READ, client)
                while True:
                    for key, _ in ready.select():
                        data = key.fileobj.recv(PIECE)
                        if not data:
                            return
                        for piece in passage(data, key.fileobj is client):
                            key.data.sendall(piece)
        finally:
            with self._lock:
                self._open.discard(client)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next client
        self._listener.close()
        with self._lock:
            for client in self._open:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)


@dataclass
class Fault:
    """Strikes each connection after so many bytes one way, counted from when it was ordered, so many times in all."""

    strike: Callable[[bytes, int], Iterator[bytes]]
    after: int
    up: bool
    times: float
    passed: dict[object, int] = field(default_factory=dict)


class Gate(Relay):
    """`struck` is set once the fault that was ordered last has struck; `strikes` counts since then."""

    def __init__(self, target: str) -> None:
        self.struck = threading.Event()
        self.strikes = 0
        self._fault: Fault | None = None
        self._released = threading.Event()
        super().__init__(target)

    # A fault replaces the one before. Bytes are those of connections, heads of messages among them.

    def cut_after(self, count: int, *, up: bool = False, times: float = 1) -> None:
        """The connection ends."""
        self._order(self._cut, count, up, times)

    def stall_after(self, count: int, *, up: bool = False, times: float = 1) -> None:
        """Nothing passes any more, in both directions, until release()."""
        self._order(self._stall, count, up, times)

    def flip_at(self, index: int, *, up: bool = False, times: float = 1) -> None:
        """One bit of the byte there."""
        self._order(self._flip, index, up, times)

    def release(self) -> None:
        """Lets go what stalls, and orders nothing more."""
        self._fault = None
        self._released.set()

    def kill(self) -> None:
        """Ends all connections and refuses others, as a server that has ended."""
        with self._lock:
            killed, self._listener = self._listener, socket.socket()
        killed.shutdown(socket.SHUT_RDWR)
        killed.close()
        with self._lock:
            clients = list(self._open)
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(self._address)  # nobody else gets the port; without listen() it refuses

    def restart(self) -> None:
        self._listener.listen()
        self._listen()

    def close(self) -> None:
        self.release()
        super().close()

    def passage(self) -> Passage:
        connection = object()

        def through(data: bytes, up: bool) -> Iterator[bytes]:
            fault = self._fault
            if fault is None or fault.up != up or not fault.times:
                yield data
                return
            before = fault.passed.get(connection, 0)
            fault.passed[connection] = before + len(data)
            if fault.passed[connection] <= fault.after:
                yield data
                return
            fault.times -= 1
            fault.passed[connection] = 0
            self.strikes += 1
            self.struck.set()
            yield from fault.strike(data, fault.after - before)

        return through

    def _order(self, strike: Callable[[bytes, int], Iterator[bytes]], after: int, up: bool, times: float) -> None:
        self.struck.clear()
        self._released.clear()
        self.strikes = 0
        self._fault = Fault(strike, after, up, times)

    def _cut(self, data: bytes, at: int) -> Iterator[bytes]:
        yield data[:at]
        raise ConnectionAbortedError

    def _stall(self, data: bytes, at: int) -> Iterator[bytes]:
        yield data[:at]
        self._released.wait()
        yield data[at:]

    def _flip(self, data: bytes, at: int) -> Iterator[bytes]:
        yield data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
