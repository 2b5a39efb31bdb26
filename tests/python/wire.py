"""Wire: passes bytes between clients and a server, and tells the requests that went by."""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import threading
from urllib.parse import urlsplit

REQUEST = re.compile(rb"(GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/1\.1\r\n")


class Wire:
    """Passes bytes between clients and a server, and notes the request lines that it sees."""

    def __init__(self, target: str) -> None:
        self.requests: list[str] = []
        self._target = (urlsplit(target).hostname, urlsplit(target).port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._ended:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
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
                    data = key.fileobj.recv(1 << 16)
                    if not data:
                        return
                    if key.fileobj is client:
                        self.requests += [f"{m[1].decode()} {m[2].decode()}" for m in REQUEST.finditer(data)]
                    key.data.sendall(data)

    def close(self) -> None:
        self._ended = True
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next client
        self._listener.close()

    def seen(self) -> list[str]:
        """The kinds of the requests since the last call: "HEAD", "GET list", "GET versions", "POST delete" …"""
        kinds = []
        for request in self.requests:
            method, target = request.split(" ", 1)
            query = urlsplit(target).query
            for word, name in (("list-type=2", "list"), ("versions=", "versions"), ("delete=", "delete")):
                if word in query:
                    method += f" {name}"
            kinds.append(method)
        self.requests.clear()
        return kinds
