"""A server that will not copy by itself: then the content is streamed, with all that belongs to it."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

LISTING = b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'


class Handler(BaseHTTPRequestHandler):
    """As little of S3 as a copy needs, without CopyObject."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body is a second write

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", headers.pop("length", str(len(body))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def found(self):
        found = self.server.objects.get(unquote(urlsplit(self.path).path))
        if found is None:
            self.answer(404)
            return
        body, headers = found
        kept = {name: value for name, value in headers.items() if name.startswith(("x-amz-meta", "content-type"))}
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        self.answer(200, body, ETag=tag, Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT", **kept)

    def do_HEAD(self):
        self.found()

    def do_GET(self):
        self.server.seen.append("GET")
        if "list-type=2" in self.path:
            self.answer(200, LISTING)
        else:
            self.found()

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("x-amz-copy-source"):
            self.server.seen.append("COPY")
            status, code = self.server.refusal
            self.answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.objects[unquote(urlsplit(self.path).path)] = (body, headers)
        self.answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')


@pytest.fixture
def server(storage):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        running.objects, running.seen = {}, []
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        for name in ("one", "two"):
            storage.add_mount(
                {
                    "name": name,
                    "protocol": "s3",
                    "bucket": name,
                    "region": "us-east-1",
                    "endpoint_url": f"http://127.0.0.1:{running.server_port}",
                    "access_key": "key",
                    "secret_key": "secret",
                }
            )
        yield running
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "refusal", [(501, "NotImplemented"), (400, "InvalidRequest"), (400, "InvalidArgument"), (403, "AccessDenied")]
)
async def test_what_the_server_will_not_copy_is_streamed(storage, server, io, refusal):
    server.refusal = refusal
    server.objects["/one/a.css"] = (b"content", {"x-amz-meta-state": "draft", "content-type": "text/x-own"})
    await io(storage.node("one:a.css").copy_to("two:b"))
    assert "COPY" in server.seen
    body, headers = server.objects["/two/b"]
    assert body == b"content"
    assert (headers["x-amz-meta-state"], headers["content-type"]) == ("draft", "text/x-own")


async def test_what_fails_for_another_reason_is_raised(storage, server, io):
    server.refusal = (404, "NoSuchBucket")
    server.objects["/one/a"] = (b"content", {})
    with pytest.raises(FileNotFoundError):
        await io(storage.node("one:a").copy_to("two:b"))
    assert "/two/b" not in server.objects
