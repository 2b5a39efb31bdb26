"""Bucket: as much of S3 as the engine asks for, in memory on loopback, and the ways in which a server can be wrong.

Signatures are not checked. What a test wants to go wrong is an attribute (a content that is damaged on its way,
conditions that are ignored), or an answer() of its own.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from stalling import LoopbackServer, slow_mount

HEAD = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n")


class Request:
    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.headers, self.body = method, headers, body
        parts = urlsplit(target)
        self.key = unquote(parts.path).removeprefix("/bucket").removeprefix("/")
        self.query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}

    def __repr__(self) -> str:
        return f"{self.method} {self.key} {self.query} {self.headers.get('range', '')}"


class Bucket(LoopbackServer):
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.requests: list[Request] = []
        self.knows_if_match = True
        self.damaged = False
        self.described: list[str] = []  # more lines of the heads of all objects
        self._changed = threading.Condition()
        self._made = 0
        super().__init__()

    # What a test overrides or asks

    def answer(self, request: Request, connection: socket.socket) -> bytes | None:
        """The answer to a request; None: answer() has sent one, or the connection ends without."""
        return self.usual(request)

    def count(self, method: str) -> int:
        return sum(request.method == method for request in self.requests)

    def wait_until(self, condition: Any) -> bool:
        """Rests until `condition` holds after some change to what is stored."""
        with self._changed:
            return self._changed.wait_for(condition, 60)

    # HTTP

    def one(self, connection: socket.socket) -> None:
        for request in self.requests_of(connection):
            self.requests.append(request)
            answer = self.answer(request, connection)
            if answer is None:
                return
            if request.method == "HEAD":
                answer = answer[: answer.index(b"\r\n\r\n") + 4]
            connection.sendall(answer)

    @staticmethod
    def requests_of(connection: socket.socket) -> Iterator[Request]:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(1 << 16)
                if not more:
                    return
                data += more
            head, data = data.split(b"\r\n\r\n", 1)
            first = HEAD.match(head + b"\r\n")
            assert first, head
            lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
            headers = {name.lower(): value for name, value in lines}
            pieces = [data]
            missing = int(headers.get("content-length", 0)) - len(data)
            while missing > 0:
                more = connection.recv(1 << 20)
                if not more:  # the client has gone in the middle of its body
                    return
                pieces.append(more)
                missing -= len(more)
            data = b"".join(pieces)
            size = int(headers.get("content-length", 0))
            yield Request(first[1].decode(), first[2].decode(), headers, data[:size])
            data = data[size:]

    @staticmethod
    def http(status: int, body: bytes = b"", *lines: str) -> bytes:
        head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *lines))
        return head.encode() + b"\r\n" + body

    @classmethod
    def refusal(cls, status: int, code: str, *lines: str, more: str = "") -> bytes:
        return cls.http(status, f"<Error><Code>{code}</Code><Message>so it is</Message>{more}</Error>".encode(), *lines)

    # S3

    def usual(self, request: Request) -> bytes:
        with self._changed:
            try:
                return self.object_call(request) if request.key else self.bucket_call(request)
            finally:
                self._changed.notify_all()

    def bucket_call(self, request: Request) -> bytes:
        if request.method == "POST":
            for key in re.findall(rb"<Key>(.*?)</Key>", request.body):
                self.objects.pop(key.decode(), None)
            return self.http(200, b"<DeleteResult></DeleteResult>")
        prefix = request.query.get("prefix", "")
        keys = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(content)}</Size></Contents>"
            for key, content in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        return self.http(200, f"<ListBucketResult>{keys}</ListBucketResult>".encode())

    def object_call(self, request: Request) -> bytes:
        if "uploads" in request.query:
            self._made += 1
            self.uploads[f"u{self._made}"] = {}
            return self.http(
                200,
                b"<InitiateMultipartUploadResult><UploadId>u%d</UploadId></InitiateMultipartUploadResult>" % self._made,
            )
        if "uploadId" in request.query:
            return self.upload_call(request)
        if request.method == "PUT":
            self.objects[request.key] = request.body
            return self.http(200, b"", f'ETag: "{self.etag(request.body)}"')
        if request.method == "DELETE":
            self.objects.pop(request.key, None)
            return self.http(204)
        return self.get(request)

    def upload_call(self, request: Request) -> bytes:
        upload = self.uploads.get(request.query["uploadId"])
        if upload is None:
            return self.refusal(404, "NoSuchUpload")
        if request.method == "DELETE":
            del self.uploads[request.query["uploadId"]]
            return self.http(204)
        if request.method == "PUT":
            upload[int(request.query["partNumber"])] = request.body
            return self.http(200, b"", f'ETag: "{self.etag(request.body)}"')
        self.objects[request.key] = b"".join(content for _, content in sorted(upload.items()))
        del self.uploads[request.query["uploadId"]]
        etag = f"{self.etag(self.objects[request.key])}-{len(upload)}"
        return self.http(
            200, f"<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>".encode()
        )

    @staticmethod
    def etag(content: bytes) -> str:
        return hashlib.md5(content).hexdigest()

    def get(self, request: Request) -> bytes:
        content = self.objects.get(request.key)
        if content is None:
            return self.http(404) if request.method == "HEAD" else self.refusal(404, "NoSuchKey")
        etag = self.etag(content)
        match = request.headers.get("if-match", "").strip('"')
        if match and self.knows_if_match and match != etag:
            return self.refusal(412, "PreconditionFailed")
        lines = [f'ETag: "{etag}"', "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT", *self.described]
        if request.method == "HEAD":
            return self.http(200, content, *lines)
        sent = bytes([content[0] ^ 1]) + content[1:] if self.damaged and content else content
        if "range" in request.headers:
            begin, end = request.headers["range"].removeprefix("bytes=").split("-")
            first, last = int(begin), min(int(end or len(content)), len(content) - 1)
            if first >= len(content):
                return self.refusal(416, "InvalidRange")
            lines.append(f"Content-Range: bytes {first}-{last}/{len(content)}")
            return self.http(206, sent[first : last + 1], *lines)
        crc = base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
        return self.http(200, sent, *lines, f"x-amz-checksum-crc32: {crc}", "x-amz-checksum-type: FULL_OBJECT")


def mount_of(bucket: Bucket, name: str = "b", **more: Any) -> dict[str, Any]:
    return slow_mount(bucket) | {"name": name} | more


@pytest.fixture
def bucket(storage: Any) -> Iterator[Bucket]:
    """A Bucket with a mount `b` on it."""
    server = Bucket()
    storage.add_mount(mount_of(server))
    yield server
    server.stop()
