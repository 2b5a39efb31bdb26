"""Endless: a server on loopback whose every file has so many bytes of zero, which nobody keeps."""

from __future__ import annotations

import re
import socket

from bucket import Bucket, Request

ZEROS = bytes(1 << 20)


class Endless(Bucket):
    """Answers each HEAD and GET with fields of S3, of Google's and of Azure's service."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__()

    def answer(self, request: Request, connection: socket.socket) -> bytes | None:
        fields = ['ETag: "e"', "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT", "x-goog-generation: 1"]
        fields += ["x-ms-blob-type: BlockBlob", "Accept-Ranges: bytes"]
        begin, end, status = 0, self.size, 200
        if asked := re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", "")):
            begin, end, status = int(asked[1]), min(int(asked[2] or self.size), self.size - 1) + 1, 206
            fields.append(f"Content-Range: bytes {begin}-{end - 1}/{self.size}")
        head = [f"HTTP/1.1 {status} X", f"Content-Length: {end - begin}", *fields, "", ""]
        connection.sendall("\r\n".join(head).encode())
        while request.method == "GET" and begin < end:
            begin += connection.send(ZEROS[: end - begin])
        return b""
