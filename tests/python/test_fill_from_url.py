"""fill_from_url against a real HTTP server on loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from genro_storage import StorageError, StoragePermissionError

BODY = bytes(range(256)) * 5000  # 1.28 MB


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body is a second write

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def begin_chunks(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        self.close_connection = True
        if path == "/file":
            self.answer(200, BODY)
        elif path == "/text":
            self.answer(200, b"hello")
        elif path == "/empty":
            self.answer(200)
        elif path == "/chunked":
            self.begin_chunks()
            for begin in range(0, len(BODY), 100_000):
                self.chunk(BODY[begin : begin + 100_000])
            self.chunk(b"")
        elif path.startswith("/redirect/"):
            left = int(path.rpartition("/")[2])
            self.answer(302, b"moved", Location=f"/redirect/{left - 1}" if left > 1 else "/text")
        elif path == "/to-disk":
            self.answer(302, Location="file:///etc/passwd")
        elif path == "/to-ftp":
            self.answer(302, Location="ftp://127.0.0.1/x")
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY[:700_000])
        elif path == "/cut-chunked":
            self.begin_chunks()
            self.chunk(BODY[:100_000])
        elif path == "/stall":
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.wfile.write(b"12345")
            self.wfile.flush()
            self.server.released.wait()  # type: ignore[attr-defined]
        elif path == "/silent":
            self.server.released.wait()  # type: ignore[attr-defined]
        elif path in ("/drip", "/flood"):
            self.begin_chunks()
            try:
                while not self.server.released.wait(0.05 if path == "/drip" else 0):  # type: ignore[attr-defined]
                    self.chunk(b"x" if path == "/drip" else b"x" * 65536)
            except OSError:
                pass
        elif path.startswith("/status/"):
            self.answer(int(path.rpartition("/")[2]), b"sorry")
        else:
            self.answer(404)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.seen = []  # type: ignore[attr-defined]
        running.released = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.released.set()  # type: ignore[attr-defined]
        running.shutdown()
        thread.join()


@pytest.fixture
def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("path", ["/file", "/chunked"])
async def test_the_content_of_a_url_replaces_that_of_the_node(storage, mount, url, io, path):
    node = storage.node(mount, "new/file.bin")
    assert await io(node.fill_from_url(url + path)) is None
    assert await io(node.read_bytes()) == BODY
    await io(node.fill_from_url(url + "/text", 5))
    assert await io(node.read_bytes()) == b"hello"
    await io(node.fill_from_url(url + "/empty", timeout=5))
    assert await io(node.read_bytes()) == b""


async def test_a_base64_node_gets_its_path(storage, url, io):
    node = storage.node("b64:")
    await io(node.fill_from_url(url + "/text"))
    assert node.path == "aGVsbG8="


@pytest.mark.parametrize(
    "wrong", ["", None, "ftp://x/y", "file:///etc/passwd", "x", "/etc/passwd", "http:/x", "http://"]
)
async def test_what_is_no_http_url_is_refused(storage, io, wrong):
    with pytest.raises(ValueError, match="Invalid URL"):
        await io(storage.node("mem:x").fill_from_url(wrong))


async def test_the_scheme_may_be_in_capitals(storage, url, io):
    await io(storage.node("mem:x").fill_from_url(url.replace("http", "HTTP") + "/text"))
    assert await io(storage.node("mem:x").read_text()) == "hello"


async def test_redirects_are_followed_up_to_a_limit(storage, server, url, io):
    node = storage.node("mem:x")
    await io(node.fill_from_url(f"{url}/redirect/10"))
    assert await io(node.read_text()) == "hello"
    with pytest.raises(OSError, match=f"Failed to download {url}/redirect/11: too many redirects"):
        await io(node.fill_from_url(f"{url}/redirect/11"))
    with pytest.raises(OSError, match="too many redirects"):
        await io(node.fill_from_url(f"{url}/redirect/1", max_redirects=0))


@pytest.mark.parametrize("path", ["/to-disk", "/to-ftp"])
async def test_a_redirect_to_another_scheme_is_not_followed(storage, url, io, path):
    with pytest.raises(OSError, match="Failed to download"):
        await io(storage.node("mem:x").fill_from_url(url + path))
    assert await io(storage.node("mem:x").exists()) is False


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, FileNotFoundError),
        (410, FileNotFoundError),
        (403, OSError),
        (401, OSError),
        (400, OSError),
        (408, TimeoutError),
        (409, OSError),
        (416, OSError),
        (500, OSError),
        (503, OSError),
        (304, OSError),
    ],
)
async def test_a_status_that_is_no_success_is_an_os_error_with_the_url(storage, url, io, status, kind):
    node = storage.node("home:x")
    await io(node.write_text("old"))
    with pytest.raises(kind, match=f"Failed to download {url}/status/{status}: .*{status}") as caught:
        await io(node.fill_from_url(f"{url}/status/{status}"))
    assert isinstance(caught.value, StorageError)
    assert not isinstance(caught.value, (StoragePermissionError, ValueError, FileExistsError))
    assert caught.value.where == "home:x"
    assert await io(node.read_text()) == "old"


async def test_no_server_is_an_os_error(storage, io):
    with socket.socket() as taken:  # and not listened on: nobody else gets the port meanwhile
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ConnectionError, match=f"Failed to download http://127.0.0.1:{port}/x"):
            await io(storage.node("mem:x").fill_from_url(f"http://127.0.0.1:{port}/x"))
    with pytest.raises(OSError, match="Failed to download"):
        await io(storage.node("mem:x").fill_from_url("http://no-such-host.invalid/"))


@pytest.mark.parametrize("path", ["/cut", "/cut-chunked"])
async def test_a_body_that_is_cut_leaves_the_old_content(storage, mount, url, io, path):
    node = storage.node(mount, "x")
    await io(node.write_text("old"))
    with pytest.raises(OSError, match=f"Error downloading {url}{path}"):
        await io(node.fill_from_url(url + path))
    assert await io(node.read_text()) == "old"


@pytest.mark.parametrize("path", ["/stall", "/silent"])
async def test_a_server_that_falls_silent_runs_into_the_timeout(storage, url, io, path):
    begin = time.monotonic()
    with pytest.raises(TimeoutError):
        await io(storage.node("mem:x").fill_from_url(url + path, timeout=0.2))
    assert time.monotonic() - begin < 20  # without it: half a minute
    assert await io(storage.node("mem:x").exists()) is False


@pytest.mark.parametrize("path", ["/drip", "/flood"])
async def test_a_body_without_end_runs_into_the_total_timeout(storage, url, io, path):
    with pytest.raises(TimeoutError, match=r"Error downloading|Failed to download"):  # the second before its first byte
        await io(storage.node("home:x").fill_from_url(url + path, total_timeout=0.4))
    assert await io(storage.node("home:x").exists()) is False


@pytest.mark.parametrize("path", ["/file", "/chunked", "/flood"])
async def test_more_than_max_size_is_refused(storage, url, io, path):
    node = storage.node("home:x")
    with pytest.raises(OSError, match=r"larger than max_size, 1279999 bytes"):
        await io(node.fill_from_url(url + path, max_size=len(BODY) - 1))
    assert await io(node.exists()) is False
    if path != "/flood":
        await io(node.fill_from_url(url + path, max_size=len(BODY)))
        assert await io(node.size()) == len(BODY)


async def test_public_only_refuses_addresses_of_this_machine(storage, server, url, io):
    node = storage.node("mem:x")
    for address in (
        url + "/text",
        f"http://localhost:{server.server_port}/text",
        f"http://2130706433:{server.server_port}/text",
        f"http://[::ffff:127.0.0.1]:{server.server_port}/text",
        f"http://0.0.0.0:{server.server_port}/text",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[fd00::1]/",
    ):
        with pytest.raises(PermissionError, match=r"Failed to download .*only public addresses"):
            await io(node.fill_from_url(address, public_only=True))
    assert server.seen == []
    assert await io(node.exists()) is False


async def test_refusals_to_write_keep_their_class_and_come_after_the_request(storage, server, url, io):
    storage.add_mount({"name": "fixed", "path": "mem:", "permissions": "readonly"})
    with pytest.raises(StoragePermissionError, match="fixed:x"):
        await io(storage.node("fixed:x").fill_from_url(url + "/text"))
    assert server.seen == ["/text"]
    with pytest.raises(ValueError, match="Cannot write to virtual node"):
        await io(storage.iternode().fill_from_url(url + "/text"))
    with pytest.raises(FileNotFoundError, match="Failed to download"):
        await io(storage.node("fixed:x").fill_from_url(url + "/missing"))
    await io(storage.node("home:folder").mkdir())
    with pytest.raises(IsADirectoryError):
        await io(storage.node("home:folder").fill_from_url(url + "/text"))


async def test_a_snapshot_is_not_filled(storage, server, url, io):
    with pytest.raises(ValueError, match="Cannot write to versioned snapshot"):
        await io(storage.node("mem:x", version="id").fill_from_url(url + "/text"))
    assert server.seen == ["/text"]


async def test_secrets_of_a_url_are_in_no_message(storage, url, io):
    secret = url.replace("http://", "http://me:pass@") + "/missing?token=hidden"
    with pytest.raises(FileNotFoundError) as caught:
        await io(storage.node("mem:x").fill_from_url(secret))
    for word in ("me:", "pass", "token", "hidden"):
        assert word not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"timeout": 0}, {"timeout": -1}, {"timeout": float("nan")}, {"total_timeout": 0}, {"max_redirects": -1}]
)
async def test_limits_that_make_no_sense_are_refused(storage, url, io, options):
    with pytest.raises(ValueError):
        await io(storage.node("mem:x").fill_from_url(url + "/text", **options))


async def test_limits_are_keywords_and_numbers(storage, url, io):
    node = storage.node("mem:x")
    with pytest.raises(TypeError):
        await io(node.fill_from_url(url + "/text", 5, 5))
    with pytest.raises(TypeError):
        await io(node.fill_from_url(url + "/text", max_size="1"))
    with pytest.raises(OverflowError):
        await io(node.fill_from_url(url + "/text", max_size=-1))
    await io(node.fill_from_url(url + "/text", None, total_timeout=None, max_size=None, max_redirects=None))


@pytest.mark.loop_only
async def test_a_cancelled_download_writes_nothing(storage, url):
    import asyncio

    node = storage.node("home:x")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(node.fill_from_url(url + "/drip"), 0.2)
    assert await node.exists() is False


@pytest.mark.loop_only
async def test_downloads_gathered_together_overlap(storage, url):
    import asyncio

    nodes = [storage.node(f"mem:{i}") for i in range(20)]
    await asyncio.gather(*(node.fill_from_url(url + "/file") for node in nodes))
    assert await storage.get_many(nodes) == [BODY] * 20
