"""The fixture `echo`: reads over a connection whose answer is known, and comes when it is let go."""

import http.server
import threading

import pytest


class Echo:
    """echo(name) reads from a server that answers with the name; one that begins with "held" waits for release()."""

    def __init__(self, storage):
        self.released = threading.Event()
        self.storage = storage

    def __call__(self, name):
        return self.storage.node(f"far:{name}").read_bytes()

    def release(self):
        self.released.set()


@pytest.fixture
def echo(storage):
    """Reads from a server of its own; never earlier than it should be, however late the test's thread is."""
    echo = Echo(storage)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # a body is a second write

        def do_GET(self):
            body = self.path.rsplit("/", 1)[1].encode()
            if body.startswith(b"held"):
                echo.released.wait()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

        def handle_error(self, *_):
            pass  # some tests go away over a held answer

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    storage.add_mount(
        {
            "name": "far",
            "protocol": "s3",
            "bucket": "bucket",
            "region": "us-east-1",
            "endpoint_url": f"http://127.0.0.1:{server.server_port}",
            "access_key": "key",
            "secret_key": "secret",
        }
    )
    yield echo
    echo.release()
    server.shutdown()
    server.server_close()
