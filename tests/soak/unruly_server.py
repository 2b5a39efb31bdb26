"""UnrulyServer: passes connections on to a real server, and does to some of them what networks and servers do."""

from __future__ import annotations

import contextlib
import random
import selectors
import socket
import threading
import time
from urllib.parse import urlsplit

_PIECE = 1 << 16


class UnrulyServer:
    """At `url`, on threads of its own. Each connection gets one of the habits below after a while of good service."""

    def __init__(self, target: str, seed: int) -> None:
        self._target = (urlsplit(target).hostname, urlsplit(target).port)
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                habit = self._random.choice([self._serve_well, self._drag, self._cut, self._stall, self._spoil])
                good_for = int(self._random.expovariate(1 / 2_000_000))
                threading.Thread(target=self._pass, args=(client, habit, good_for), daemon=True).start()

    def _pass(self, client: socket.socket, habit, good_for: int) -> None:
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(self._target) as server,
            selectors.DefaultSelector() as ready,
        ):
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    data = key.fileobj.recv(_PIECE)
                    if not data:
                        return
                    good_for -= len(data)
                    if good_for < 0:
                        data = habit(data, key.fileobj is client)
                    key.data.sendall(data)

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

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
