"""The fixture `stalling`: a server that begins to answer and then says nothing more, and a mount on such a one."""

import contextlib
import socket
import threading

import pytest


class LoopbackServer:
    """Accepts connections, and leaves each to one(connection) on a thread of its own."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.serving = []  # a connection and its thread
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.accepting = threading.Thread(target=self.serve, daemon=True)
        self.accepting.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                thread = threading.Thread(target=self.guarded, args=(connection,), daemon=True)
                self.serving.append((connection, thread))
                thread.start()

    def guarded(self, connection):
        with connection, contextlib.suppress(OSError):
            self.one(connection)

    def one(self, connection):
        raise NotImplementedError

    def stop(self):
        """Ends with its connections: a thread of one that went on would take its time from all tests to come."""
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next one
        self.listener.close()
        self.accepting.join(60)
        for connection, _ in self.serving:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for _, thread in self.serving:
            thread.join(60)
        assert not any(thread.is_alive() for _, thread in self.serving)


class StallingServer(LoopbackServer):
    """Sends the head of an answer and a part of its body, and then nothing more."""

    HEAD = b'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nETag: "0123456789abcdef0123456789abcdef"\r\n\r\n'

    def __init__(self):
        self.requests = threading.Semaphore(0)  # one for each request whose answer has begun
        self.closed = threading.Event()
        super().__init__()

    def one(self, connection):
        if connection.recv(65536):
            connection.sendall(self.HEAD + b"x" * 1000)
            self.requests.release()
            try:
                while connection.recv(65536):
                    pass
            finally:
                self.closed.set()

    def wait(self, requests=1):
        for _ in range(requests):
            assert self.requests.acquire(timeout=60)


@pytest.fixture
def stalling():
    server = StallingServer()
    yield server
    server.stop()


def slow_mount(server):
    return {
        "name": "slow",
        "protocol": "s3",
        "bucket": "bucket",
        "region": "us-east-1",
        "endpoint_url": server.url,
        "access_key": "key",
        "secret_key": "secret",
    }
