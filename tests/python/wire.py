"""Wire: passes bytes between clients and a server, and tells the requests that went by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from gate import Passage, Relay

REQUEST = re.compile(rb"(GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/1\.1\r\n")


class Wire(Relay):
    """Notes the request lines that it sees."""

    def __init__(self, target: str) -> None:
        self.requests: list[str] = []
        super().__init__(target)

    def passage(self) -> Passage:
        def through(data: bytes, up: bool) -> Iterator[bytes]:
            if up:
                self.requests += [f"{m[1].decode()} {m[2].decode()}" for m in REQUEST.finditer(data)]
            yield data

        return through

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
