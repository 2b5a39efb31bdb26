"""An HTTP/1.1 server for the client's tests, by Python's http.server: loopback_server.py [CERTIFICATE KEY].

Prints its port. Paths: /bytes/N and /chunked/N (content that tells its offset), /until-close/N, /cut/N (half of it),
/echo (PUT: the body comes back), /refuse (answers 413 without reading the body), /session, /peer (the client's port).
"""

import http.server
import ssl
import sys
import zlib


def content(size: int) -> bytes:
    return bytes(i * 31 % 251 for i in range(min(size, 251))) * (size // 251 + 1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        kind, _, number = self.path.strip("/").partition("/")
        size = int(number or 0)
        body = content(size)[:size]
        if kind == "bytes":
            self.answer(200, body)
        elif kind == "chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for begin in range(0, size, 10007):
                chunk = body[begin : begin + 10007]
                self.wfile.write(b"%x;x=y\r\n%s\r\n" % (len(chunk), chunk))
            self.wfile.write(b"0\r\nX-Trailer: 1\r\n\r\n")
        elif kind in ("until-close", "cut"):
            self.send_response(200)
            if kind == "cut":
                self.send_header("Content-Length", str(size * 2))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
        elif kind == "session":
            reused = isinstance(self.connection, ssl.SSLSocket) and self.connection.session_reused
            self.answer(200, b"resumed" if reused else b"new", Connection="close")
            self.close_connection = True
        elif kind == "peer":
            self.answer(200, b"%d" % self.client_address[1])
        else:
            self.answer(404, b"no such path")

    do_HEAD = do_GET  # noqa: N815 - http.server looks for this name

    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def do_PUT(self) -> None:
        size = int(self.headers["Content-Length"])
        if self.path == "/refuse":
            self.answer(413, b"too much", Connection="close")
            self.close_connection = True
        else:
            body = self.rfile.read(size)
            self.answer(200, body, ETag=f'"{zlib.crc32(body):08x}"')

    def log_message(self, *arguments: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # clients of these tests go away in the middle on purpose


class SecureServer(Server):
    def finish_request(self, request, client_address):  # the handshake belongs to the connection's thread
        request.settimeout(600)
        secure = context.wrap_socket(request, server_side=True)
        self.RequestHandlerClass(secure, client_address, self)


if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server = SecureServer(("127.0.0.1", 0), Handler)
else:
    server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
