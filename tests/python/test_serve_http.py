"""serve() behind a real WSGI server, asked by a real HTTP client, over loopback."""

import http.client
import os
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

import pytest

LARGE = os.urandom(1_000_003)


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


class Sending(ServerHandler):
    """A server that sends files by sendfile(2) when it is given one of its own wrappers."""

    sent = 0

    def sendfile(self):
        # Counted before the first byte: the client may have the whole answer before this thread runs again.
        type(self).sent += 1
        self.send_headers()
        self.stdout.flush()
        file = self.result.filelike
        end = os.lseek(file.fileno(), 0, os.SEEK_CUR) + int(self.headers["Content-Length"])
        at = end - int(self.headers["Content-Length"])
        while at < end:
            at += os.sendfile(self.request_handler.connection.fileno(), file.fileno(), at, end - at)
        return True


class SendingRequests(Quiet):
    def handle(self):
        self.raw_requestline = self.rfile.readline(65537)
        if not self.parse_request():
            return
        handler = Sending(self.rfile, self.wfile, self.get_stderr(), self.get_environ(), multithread=True)
        handler.request_handler = self
        handler.run(self.server.get_app())


def application(storage):
    def app(environ, start_response):
        arguments = {"download_name": "ü.bin"} if environ.get("QUERY_STRING") else {}
        node = storage.node(environ["PATH_INFO"].lstrip("/").replace("/", ":", 1))
        return node.serve(environ, start_response, **arguments)

    return app


@pytest.fixture(params=[Quiet, SendingRequests], ids=["iterating", "sendfile"])
def ask(request, storage):
    app = application(storage) if request.param is SendingRequests else validator(application(storage))
    with make_server("127.0.0.1", 0, app, Server, request.param) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()

        def one(path, headers=None, method="GET"):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=100)
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            content = response.read()
            connection.close()
            return response, content

        yield one
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("mount", ["mem", "home"])
def test_a_client_gets_files_whole_and_in_parts(ask, storage, mount):
    storage.node(mount, "large.bin").write_bytes(LARGE)
    response, content = ask(f"/{mount}/large.bin")
    assert (response.status, content) == (200, LARGE)
    tag = response.headers["ETag"]

    response, content = ask(f"/{mount}/large.bin", {"Range": "bytes=500000-", "If-Range": tag})
    assert (response.status, content) == (206, LARGE[500000:])
    assert response.headers["Content-Range"] == "bytes 500000-1000002/1000003"

    response, content = ask(f"/{mount}/large.bin", {"Range": "bytes=1-2, 900000-950000"})
    assert response.status == 206
    assert LARGE[900000:950001] in content

    response, content = ask(f"/{mount}/large.bin", {"If-None-Match": tag})
    assert (response.status, content) == (304, b"")

    response, content = ask(f"/{mount}/large.bin", method="HEAD")
    assert (response.status, content) == (200, b"")
    assert response.headers["Content-Length"] == "1000003"


def test_answers_without_a_file(ask, storage):
    storage.node("mem:empty").write_bytes(b"")
    response, content = ask("/mem/none")
    assert (response.status, content) == (404, b"Not Found")
    assert response.headers["Content-Type"] == "text/plain"
    response, content = ask("/mem/none", method="HEAD")
    assert (response.status, content) == (404, b"")
    response, content = ask("/mem/empty")
    assert (response.status, content) == (200, b"")
    assert response.headers["Content-Length"] == "0"
    response, content = ask("/mem/empty", {"Range": "bytes=0-"})
    assert response.status == 416
    assert response.headers["Content-Range"] == "bytes */0"
    response, content = ask("/mem/empty", {"If-Match": '"no"'})
    assert (response.status, content) == (412, b"Precondition Failed")
    response, content = ask("/mem/none", method="POST")
    assert (response.status, content) == (405, b"Method Not Allowed")


def test_a_download_name_survives_the_way(ask, storage):
    storage.node("mem:f").write_bytes(b"x")
    response, _ = ask("/mem/f?download")
    assert response.headers["Content-Disposition"].endswith("filename*=UTF-8''%C3%BC.bin")


def test_a_local_file_is_sent_by_the_kernel(ask, storage, request):
    storage.node("home:large.bin").write_bytes(LARGE)
    before = Sending.sent
    for headers, expected in (({}, LARGE), ({"Range": "bytes=10-999"}, LARGE[10:1000])):
        assert ask("/home/large.bin", headers)[1] == expected
    by_kernel = Sending.sent - before
    # What fits into one chunk has been read before the head is sent.
    assert by_kernel == (1 if "sendfile" in request.node.name else 0)
