"""Web: a web server on loopback whose answers a test chooses, also those that no good server gives."""

from __future__ import annotations

import contextlib
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Web:
    """`answers` has a function of the request for each path (with its query); any other path is a 404.

    `asked` has what was asked: the method, the target as it came, and the headers. The request has its `body`.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # a body is a second write

            def do_GET(self) -> None:
                self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                web.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
                web.answers.get(self.path, Handler.missing)(self)

            # The names that http.server looks for.
            do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_GET  # noqa: N815
            do_PROPFIND = do_MKCOL = do_COPY = do_MOVE = do_LOCK = do_UNLOCK = do_GET  # noqa: N815

            def missing(self) -> None:
                self.answer(404)

            def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
                """Content-Length is that of `body`; headers have underscores for hyphens."""
                self.send_response(status)
                headers.setdefault("Content_Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                if self.command != "HEAD":
                    with contextlib.suppress(OSError):  # who has seen enough may leave
                        self.wfile.write(body)

            def cut(self, body: bytes, **headers: str) -> None:
                """Ends the connection after the body, whatever length was announced."""
                self.answer(200, body, **headers)
                self.close_connection = True

            def chunked(self, body: bytes, **headers: str) -> None:
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                if self.command != "HEAD":
                    for at in range(0, len(body), 1000):
                        piece = body[at : at + 1000]
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.write(b"0\r\n\r\n")

            def part(self, body: bytes, **headers: str) -> None:
                """As a good server answers: the range if one is asked for."""
                wanted = self.headers.get("Range")
                if not wanted:
                    self.answer(200, body, **headers)
                    return
                first, last = wanted.removeprefix("bytes=").split("-")
                begin, end = int(first), min(int(last or len(body)), len(body) - 1) + 1
                if begin >= len(body):
                    self.answer(416, Content_Range=f"bytes */{len(body)}")
                    return
                self.answer(206, body[begin:end], Content_Range=f"bytes {begin}-{end - 1}/{len(body)}", **headers)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client that leaves is none
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(60)
