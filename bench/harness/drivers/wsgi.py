"""The drivers for WSGI: a server on one end of a socket pair, a process that only receives on the other.

Both servers are the standard library's; the second one sends what is of its own file wrapper's kind by sendfile(2).
"""

import hashlib
import os
import socket
import sys
from io import BytesIO
from wsgiref.handlers import SimpleHandler

from harness.sample import Sample, Stopwatch

ENVIRON = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.0"}


class Output:
    """The socket as the file that a handler writes to, without a buffer."""

    def __init__(self, connection: socket.socket):
        self.write = connection.sendall

    def flush(self) -> None:
        pass


class Handler(SimpleHandler):
    def __init__(self, connection: socket.socket):
        super().__init__(BytesIO(), Output(connection), sys.stderr, ENVIRON, multithread=False)
        self.connection = connection


class SendingHandler(Handler):
    def sendfile(self) -> bool:
        self.send_headers()
        file, left = self.result.filelike, int(self.headers["Content-Length"])
        at = os.lseek(file.fileno(), 0, os.SEEK_CUR)
        while left:
            sent = os.sendfile(self.connection.fileno(), file.fileno(), at, left)
            at, left = at + sent, left - sent
        return True


def receive(connection: socket.socket, hashed: bool) -> bytes:
    """The number of bytes behind the head, and their MD5 if it is asked for."""
    buffer, digest, total, head = memoryview(bytearray(1 << 20)), hashlib.md5(), 0, b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536)
    rest = head[head.index(b"\r\n\r\n") + 4 :]
    total += len(rest)
    if hashed:
        digest.update(rest)
    while size := connection.recv_into(buffer):
        total += size
        if hashed:
            digest.update(buffer[:size])
    return f"{total} {digest.hexdigest() if hashed else ''}".encode()


def answer(app, kind: type[Handler], sample: Sample, hashed: bool, make_ready=None) -> list[str]:
    """Runs the application once; only the server's side is counted."""
    ours, theirs = socket.socketpair()
    result, told = os.pipe()
    reader = os.fork()
    if not reader:
        ours.close()
        os.write(told, receive(theirs, hashed))
        os._exit(0)
    theirs.close()
    os.close(told)
    with Stopwatch(sample, make_ready):
        kind(ours).run(app)
        ours.shutdown(socket.SHUT_WR)
    ours.close()
    found = os.read(result, 100).decode().split(" ")
    os.close(result)
    os.waitpid(reader, 0)
    return found


def served(make, case, site, kind: type[Handler] = Handler) -> Sample:
    source = os.path.join(site.folder, case.source)
    app, sample = make(site)(source), Sample()
    with open(source, "rb") as file:
        expected = hashlib.file_digest(file, "md5").hexdigest()
    if answer(app, kind, Sample(), True) != [str(case.size), expected]:
        raise AssertionError("wrong content")
    for _ in range(case.repeats):
        if answer(app, kind, sample, False, case.make_ready)[0] != str(case.size):
            raise AssertionError("bytes are missing")
        sample.operations += 1
    sample.bytes_verified = case.size
    return sample


def sent(make, case, site) -> Sample:
    return served(make, case, site, SendingHandler)
