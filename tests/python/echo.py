"""The fixture `echo`: reads over a connection whose answer is known, and can be slow."""

import http.server
import threading
import time

import pytest


@pytest.fixture
def echo(storage):
    """Reads from a server that answers with the name that it is asked for; slowly when that begins with "slow"."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = self.path.rsplit("/", 1)[1].encode()
            if body.startswith(b"slow"):
                time.sleep(0.3)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

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
    yield lambda name: storage.node(f"far:{name}").read_bytes()
    server.shutdown()
    server.server_close()
