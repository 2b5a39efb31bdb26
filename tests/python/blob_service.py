"""BlobService: a Blob service on loopback that a test can break: answers that get lost, bits that flip, clocks that are
wrong, tokens that expire. It keeps blobs in memory, and knows what one mount asks of it."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import json
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

Answer = tuple[int, dict[str, str], bytes]
Fault = Callable[[Any, Callable[[], Answer]], None]


MOST_SUMMED = 1 << 16  # bytes: it takes Python a microsecond and more for each


def crc64(data: bytes) -> str:
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x9A6C9329AC4BC9B5 if crc & 1 else 0)
    return base64.b64encode((crc ^ 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little")).decode()


def lost(handler: Any, answer: Callable[[], Answer]) -> None:
    """It is done, and nobody is told."""
    answer()
    handler.close_connection = True


def cut(after: int) -> Fault:
    """The body ends after so many bytes."""

    def play(handler: Any, answer: Callable[[], Answer]) -> None:
        status, headers, body = answer()
        handler.send(status, headers | {"Content-Length": str(len(body))}, body[:after])
        handler.close_connection = True

    return play


def changed(change: Callable[[int, dict[str, str], bytes], Answer]) -> Fault:
    return lambda handler, answer: handler.send(*change(*answer()))


def flipped(handler: Any, answer: Callable[[], Answer]) -> None:
    status, headers, body = answer()
    handler.send(status, headers, bytes([body[0] ^ 1]) + body[1:])


def refused(status: int, code: str, **headers: str) -> Fault:
    return lambda handler, answer: handler.send(*failure(status, code, **headers))


def failure(status: int, code: str, **headers: str) -> Answer:
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>told so\nRequestId:1</Message></Error>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"x-ms-error-code": code, "Content-Type": "application/xml"} | named, text.encode()


class BlobService:
    """`faults` has pairs of a pattern of "METHOD target" and what is played, once each, instead of a good answer.

    `asked` has what was asked: the method, the target, the headers, the body.
    """

    def __init__(self) -> None:
        self.blobs: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.blocks: dict[tuple[str, str], bytes] = {}
        self.faults: list[tuple[str, Fault]] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.clock_off = 0.0  # seconds
        self.good_tokens: set[str] | None = None  # None: any request is whose it says
        self.tokens_made = 0
        self.token_life = 3600
        self._etag = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # a body is a second write

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.asked.append((self.command, self.path, headers, body))
                for fault in service.faults:
                    if re.search(fault[0], f"{self.command} {self.path}"):
                        service.faults.remove(fault)
                        fault[1](self, lambda: service.respond(self.command, self.path, headers, body))
                        return
                self.send(*service.respond(self.command, self.path, headers, body))

            do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815  the names that http.server looks for

            def date_time_string(self, timestamp: float | None = None) -> str:
                return email.utils.formatdate(service.now(), usegmt=True)

            def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    with contextlib.suppress(OSError):  # who has seen enough may leave
                        self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(60)

    def now(self) -> float:
        return time.time() + self.clock_off

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, f"{method} {target}")) for method, target, _, _ in self.asked)

    def respond(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if "oauth2" in parts.path or "msi" in parts.path:
            return self.token()
        if refusal := self.refusal(headers):
            return refusal
        if query.get("comp") == "userdelegationkey":
            return self.delegation_key()
        _, _, name = unquote(parts.path).removeprefix("/account/").partition("/")
        if not name:
            return self.list(query) if query.get("comp") == "list" else failure(400, "InvalidInput")
        return getattr(self, method.lower())(name, query, headers, body)

    def refusal(self, headers: dict[str, str]) -> Answer | None:
        if self.good_tokens is not None:
            if headers.get("authorization", "").removeprefix("Bearer ") in self.good_tokens:
                return None
            return failure(401, "InvalidAuthenticationInfo")
        said = headers.get("x-ms-date")
        if said and abs(email.utils.parsedate_to_datetime(said).timestamp() - self.now()) > 900:
            return failure(403, "AuthenticationFailed")
        return None

    def token(self) -> Answer:
        self.tokens_made += 1
        token = f"token-{self.tokens_made}"
        if self.good_tokens is not None:
            self.good_tokens.add(token)
        made = {"access_token": token, "expires_in": self.token_life, "token_type": "Bearer"}
        return 200, {}, json.dumps(made).encode()

    def delegation_key(self) -> Answer:
        fields = {"SignedOid": "oid", "SignedTid": "tid", "SignedStart": "2026-01-01T00:00:00Z"}
        fields |= {"SignedExpiry": "2099-01-01T00:00:00Z", "SignedService": "b", "SignedVersion": "2023-11-03"}
        fields["Value"] = base64.b64encode(b"delegated").decode()
        text = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        return 200, {}, f"<UserDelegationKey>{text}</UserDelegationKey>".encode()

    def store(self, name: str, content: bytes, headers: dict[str, str], **more: str) -> Answer:
        self._etag += 1
        kept = {key: value for key, value in headers.items() if key.startswith("x-ms-meta-")}
        stamp = {"ETag": f'"0x{self._etag}"', "Last-Modified": email.utils.formatdate(self.now(), usegmt=True)}
        self.blobs[name] = content, kept | stamp | {"x-ms-blob-type": "BlockBlob"} | more
        return 201, stamp, b""

    def unmet(self, name: str, headers: dict[str, str]) -> Answer | None:
        here = self.blobs.get(name)
        if headers.get("if-none-match") == "*" and here:
            return failure(409, "BlobAlreadyExists")
        if (wanted := headers.get("if-match")) and (not here or here[1]["ETag"] != wanted):
            return failure(412, "ConditionNotMet")
        return None

    def put(self, name: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Answer:
        summed = {"x-ms-content-crc64": crc64(body)} if len(body) <= MOST_SUMMED else {}
        if summed and headers.get("x-ms-content-crc64", crc64(body)) != crc64(body):
            return failure(400, "Crc64Mismatch")
        if query.get("comp") == "block":
            self.blocks[name, query["blockid"]] = body
            return 201, summed, b""
        if query.get("comp") == "copy":
            return 204, {}, b""
        if unmet := self.unmet(name, headers):
            return unmet
        if query.get("comp") == "blocklist":
            ids = re.findall(r"<Latest>([^<]+)</Latest>", body.decode())
            if any((name, one) not in self.blocks for one in ids):
                return failure(400, "InvalidBlockList")
            return self.store(name, b"".join(self.blocks[name, one] for one in ids), headers)
        if source := headers.get("x-ms-copy-source"):
            _, _, copied = unquote(urlsplit(source).path).removeprefix("/account/").partition("/")
            self.store(name, self.blobs[copied][0], headers, **{"x-ms-copy-id": "c1", "x-ms-copy-status": "success"})
            return 202, {"x-ms-copy-id": "c1", "x-ms-copy-status": "pending"}, b""
        status, stamp, _ = self.store(name, body, headers)
        return status, stamp | summed, b""

    def get(self, name: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Answer:
        if name not in self.blobs:
            return failure(404, "BlobNotFound")
        content, fields = self.blobs[name]
        if (wanted := headers.get("if-match")) and wanted != fields["ETag"]:
            return failure(412, "ConditionNotMet")
        if "range" not in headers:
            return 200, fields, content
        first, last = headers["range"].removeprefix("bytes=").split("-")
        begin, end = int(first), min(int(last or len(content)), len(content) - 1) + 1
        if begin >= len(content):
            return failure(416, "InvalidRange")
        fields = fields | {"Content-Range": f"bytes {begin}-{end - 1}/{len(content)}"}
        if headers.get("x-ms-range-get-content-crc64") == "true" and end - begin <= MOST_SUMMED:
            fields["x-ms-content-crc64"] = crc64(content[begin:end])
        return 206, fields, content[begin:end]

    head = get

    def delete(self, name: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Answer:
        marks_folder = "x-ms-meta-hdi_isfolder" in self.blobs.get(name, (b"", {}))[1]
        if marks_folder and any(other.startswith(name + "/") for other in self.blobs):  # in a hierarchical namespace
            return failure(409, "DirectoryIsNotEmpty")
        return (202, {}, b"") if self.blobs.pop(name, None) else failure(404, "BlobNotFound")

    def metadata(self, name: str) -> str:
        kept = self.blobs[name][1].items()
        fields = ((key.removeprefix("x-ms-meta-"), value) for key, value in kept if key.startswith("x-ms-meta-"))
        return "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields)

    def list(self, query: dict[str, str]) -> Answer:
        names = sorted(name for name in self.blobs if name.startswith(query.get("prefix", "")))
        blobs = "".join(
            f"<Blob><Name>{escape(name)}</Name><Properties><Content-Length>{len(self.blobs[name][0])}</Content-Length>"
            f"</Properties><Metadata>{self.metadata(name)}</Metadata></Blob>"
            for name in names
        )
        return 200, {}, f"<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>".encode()
