"""serve(): what a WSGI server is given. Sync and plain everywhere, also inside an event loop."""

import contextlib
import os
import re
import subprocess
import sys
from wsgiref.util import FileWrapper

import pytest

from process_memory import PEAK, weighs_memory

LARGE = os.urandom(256_000)  # four chunks


class Answer:
    def __init__(self, node, /, environ=None, **arguments):
        self.calls = []
        given = {"REQUEST_METHOD": "GET", **(environ or {})}
        self.body = node.serve(given, lambda status, headers: self.calls.append((status, headers)), **arguments)
        assert len(self.calls) == 1
        self.status, self.headers = self.calls[0]
        assert type(self.headers) is list
        assert all(type(name) is str and type(value) is str for name, value in self.headers)
        self.fields = dict(self.headers)
        assert len(self.fields) == len(self.headers)


async def test_a_file_is_served_with_its_headers_in_order(storage, mount, io):
    node = storage.node(mount, "d/page.html")
    await io(node.write_text("<p>hello"))
    answer = Answer(node)
    assert answer.status == "200 OK"
    assert [name for name, _ in answer.headers][:3] == ["ETag", "Content-Type", "Content-Length"]
    assert answer.fields["ETag"].startswith(f'"{await io(node.mtime())!r}-8')
    assert answer.fields["Content-Type"] == "text/html"
    assert answer.fields["Content-Length"] == "8"
    assert answer.fields["X-Content-Type-Options"] == "nosniff"
    assert answer.fields["Accept-Ranges"] == "bytes"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.fields["Last-Modified"])
    assert answer.body == [b"<p>hello"]


@pytest.mark.parametrize("mount", ["mem", "home"])
async def test_the_etag_is_mtime_and_size(storage, mount, io):
    node = storage.node(mount, "a.txt")
    await io(node.write_text("hello"))
    assert Answer(node).fields["ETag"] == f'"{await io(node.mtime())!r}-5"'


async def test_asked_headers_follow_the_three_in_their_order(storage, io):
    node = storage.node("mem:a.txt")
    await io(node.write_text("hello"))
    answer = Answer(node, download=True, cache_max_age=0)
    assert [name for name, _ in answer.headers][:5] == [
        "ETag",
        "Content-Type",
        "Content-Length",
        "Content-Disposition",
        "Cache-Control",
    ]
    assert answer.fields["Content-Disposition"] == 'attachment; filename="a.txt"'
    assert answer.fields["Cache-Control"] == "max-age=0"


async def test_a_name_for_the_download_makes_it_one(storage, mount, io):
    node = storage.node(mount, "d/a.txt")
    await io(node.write_text("hello"))
    given = Answer(node, download_name="report.txt").fields["Content-Disposition"]
    assert given == 'attachment; filename="report.txt"'
    assert Answer(node, download=True, download_name="report.txt").fields["Content-Disposition"] == given
    assert Answer(node, download=True).fields["Content-Disposition"] == 'attachment; filename="a.txt"'
    assert "Content-Disposition" not in Answer(node).fields
    assert "Cache-Control" not in Answer(node).fields


async def test_a_missing_file_is_a_404(storage, mount, io):
    answer = Answer(storage.node(mount, "none"))
    assert answer.status == "404 Not Found"
    assert answer.headers[0] == ("Content-Type", "text/plain")
    assert answer.body == [b"Not Found"]


async def test_a_node_of_no_mount_is_a_404(storage, io):
    assert Answer(storage.node()).status == "404 Not Found"
    await io(storage.node("mem:f").write_text("x"))
    assert Answer(storage.iternode(storage.node("mem:f"))).status == "404 Not Found"
    assert Answer(storage.diffnode(storage.node("mem:f"), storage.node("mem:f"))).body == [b"Not Found"]


async def test_a_folder_is_refused(storage, mount, io):
    await io(storage.node(mount, "d/f").write_text("x"))
    with pytest.raises(ValueError, match="directory"):
        Answer(storage.node(mount, "d"))


async def test_a_matching_tag_is_not_modified(storage, mount, io):
    node = storage.node(mount, "a.txt")
    await io(node.write_text("hello"))
    tag = Answer(node).fields["ETag"]
    for value in (tag, f"W/{tag}", f'"x", {tag}', "*", tag.strip('"')):
        answer = Answer(node, {"HTTP_IF_NONE_MATCH": value}, cache_max_age=5)
        assert answer.status == "304 Not Modified"
        assert answer.headers == [("ETag", tag), ("Cache-Control", "max-age=5")]
        assert answer.body == [b""]
    assert Answer(node, {"HTTP_IF_NONE_MATCH": '"other"'}).status == "200 OK"


async def test_a_rewrite_of_the_same_size_changes_the_tag(storage, mount, io):
    node = storage.node(mount, "a.txt")
    await io(node.write_text("one"))
    tag = Answer(node).fields["ETag"]
    await io(node.write_text("two"))
    answer = Answer(node, {"HTTP_IF_NONE_MATCH": tag})
    assert answer.status == "200 OK"
    assert answer.body == [b"two"]


async def test_a_large_body_behaves_as_a_list(storage, mount, io):
    node = storage.node(mount, "large.bin")
    await io(node.write_bytes(LARGE))
    body = Answer(node).body
    chunks = [LARGE[i : i + 65536] for i in range(0, len(LARGE), 65536)]
    assert len(body) == 4
    assert list(body) == chunks
    assert list(body) == chunks  # again
    assert b"".join(body) == LARGE
    assert body == chunks
    assert chunks == body
    assert body != chunks[:-1]
    assert body != [*chunks[:-1], b"x"]
    assert body != "text"
    assert body[0] == chunks[0]
    assert body[-1] == chunks[-1]
    assert body[1:3] == chunks[1:3]
    assert body[::-1] == chunks[::-1]
    assert body + [b"x"] == [*chunks, b"x"]  # noqa: RUF005
    assert [b"x"] + body == [b"x", *chunks]  # noqa: RUF005
    assert chunks[2] in body
    assert body.index(chunks[1]) == 1
    assert body
    for outside in (4, -5):
        with pytest.raises(IndexError):
            body[outside]
    with pytest.raises(TypeError):
        hash(body)
    body.close()
    body.close()
    assert b"".join(body) == LARGE


async def test_an_empty_file_has_no_chunks(storage, mount, io):
    node = storage.node(mount, "empty")
    await io(node.write_bytes(b""))
    answer = Answer(node)
    assert answer.body == []
    assert answer.fields["Content-Length"] == "0"


async def test_chunks_have_their_size(storage, io):
    node = storage.node("mem:f")
    for size, lengths in ((65536, [65536]), (65537, [65536, 1]), (131072, [65536, 65536])):
        await io(node.write_bytes(b"x" * size))
        assert [len(chunk) for chunk in Answer(node).body] == lengths


async def test_a_head_has_no_body(storage, mount, io):
    node = storage.node(mount, "large.bin")
    await io(node.write_bytes(LARGE))
    answer = Answer(node, {"REQUEST_METHOD": "HEAD"})
    assert answer.headers == Answer(node).headers
    assert answer.body == []


def test_other_methods_are_not_allowed(storage):
    answer = Answer(storage.node("mem:f"), {"REQUEST_METHOD": "DELETE"})
    assert answer.status == "405 Method Not Allowed"
    assert answer.fields["Allow"] == "GET, HEAD"
    assert answer.body == [b"Method Not Allowed"]


def test_a_bare_environ_is_a_get(storage):
    node = storage.node("mem:f")
    node.write_text("x")
    assert node.serve({}, lambda status, headers: None) == [b"x"]


async def test_ranges(storage, mount, io):
    node = storage.node(mount, "large.bin")
    await io(node.write_bytes(LARGE))
    answer = Answer(node, {"HTTP_RANGE": "bytes=1000-200999"})
    assert answer.status == "206 Partial Content"
    assert answer.fields["Content-Range"] == "bytes 1000-200999/256000"
    assert answer.fields["Content-Length"] == "200000"
    assert b"".join(answer.body) == LARGE[1000:201000]
    assert Answer(node, {"HTTP_RANGE": "bytes=-2"}).body == [LARGE[-2:]]
    assert Answer(node, {"HTTP_RANGE": "bytes=300000-"}).status == "416 Range Not Satisfiable"
    tag = Answer(node).fields["ETag"]
    assert Answer(node, {"HTTP_RANGE": "bytes=0-0", "HTTP_IF_RANGE": tag}).body == [LARGE[:1]]
    assert Answer(node, {"HTTP_RANGE": "bytes=0-0", "HTTP_IF_RANGE": '"x"'}).status == "200 OK"
    several = Answer(node, {"HTTP_RANGE": "bytes=0-9,100000-199999"})
    assert several.status == "206 Partial Content"
    content = b"".join(several.body)
    assert int(several.fields["Content-Length"]) == len(content)
    boundary = several.fields["Content-Type"].partition("boundary=")[2].encode()
    parts = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in content.split(b"--" + boundary)[1:-1]]
    assert parts == [LARGE[:10], LARGE[100000:200000]]


async def test_dates_and_strong_tags_are_conditions_too(storage, home_file, io):
    node = home_file
    date = Answer(node).fields["Last-Modified"]
    old = "Sun, 06 Nov 1994 08:49:37 GMT"
    assert Answer(node, {"HTTP_IF_MODIFIED_SINCE": date}).status == "304 Not Modified"
    assert Answer(node, {"HTTP_IF_MODIFIED_SINCE": old}).status == "200 OK"
    assert Answer(node, {"HTTP_IF_UNMODIFIED_SINCE": old}).status == "412 Precondition Failed"
    assert Answer(node, {"HTTP_IF_MATCH": '"other"'}).status == "412 Precondition Failed"
    assert Answer(node, {"HTTP_RANGE": "bytes=0-0", "HTTP_IF_RANGE": date}).status == "206 Partial Content"


@pytest.fixture
def home_file(storage, tmp_path):
    path = tmp_path / "home/old.txt"
    path.write_text("hello")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    return storage.node("home:old.txt")


@pytest.mark.parametrize("name", ['a"b\r\nX-Evil: 1.txt', "../../etc/passwd", "naïve ☕.txt", "a\\b.txt", "%41.txt"])
async def test_download_names_are_harmless(storage, io, name):
    node = storage.node("mem:f.txt")
    await io(node.write_text("x"))
    value = Answer(node, download_name=name).fields["Content-Disposition"]
    assert re.fullmatch(r"[ -~]+", value)
    parsed = re.fullmatch(r'attachment; filename="((?:[^"\\/]|\\")*)"(; filename\*=UTF-8\'\'[\w!#$&+.^`|~%-]+)?', value)
    assert parsed, value


async def test_a_name_outside_of_ascii_is_encoded(storage, io):
    node = storage.node("mem:caffè.txt")
    await io(node.write_text("x"))
    assert Answer(node, download=True).fields["Content-Disposition"] == (
        "attachment; filename=\"caff_.txt\"; filename*=UTF-8''caff%C3%A8.txt"
    )
    assert "Content-Disposition" not in Answer(node, download_name="").fields


def test_arguments_are_checked(storage):
    node = storage.node("mem:f")
    node.write_text("x")
    for age in (-1, 2**63):
        with pytest.raises(ValueError, match="cache_max_age"):
            Answer(node, cache_max_age=age)
    for age in ("1; private", 1.5):
        with pytest.raises(TypeError):
            Answer(node, cache_max_age=age)
    with pytest.raises(TypeError):
        Answer(node, download_name=b"x")
    with pytest.raises(ValueError, match="media type"):
        Answer(node, mimetype="text/html\r\nX: y")
    assert (
        Answer(node, mimetype="text/markdown; charset=utf-8").fields["Content-Type"] == "text/markdown; charset=utf-8"
    )


async def test_a_base64_node_is_served(storage, io):
    answer = Answer(storage.node("b64", "aGVsbG8="))
    assert answer.body == [b"hello"]
    assert answer.fields["Content-Type"] == "application/octet-stream"
    assert Answer(storage.node("b64", "data:text/html,")).status == "404 Not Found"


async def test_a_file_replaced_meanwhile_is_never_mixed(storage, mount, io):
    node = storage.node(mount, "large.bin")
    await io(node.write_bytes(LARGE))
    body = Answer(node).body
    first = body[0]
    await io(node.write_bytes(b"Z" * len(LARGE)))
    with contextlib.suppress(OSError):  # also right: the old content is gone
        assert first + b"".join(body[1:]) == LARGE
    body.close()
    with pytest.raises(OSError, match=r"changed|another|condition"):
        body[1]


async def test_a_failure_before_the_first_byte_is_raised_by_the_call(storage, io, tmp_path):
    os.mkfifo(tmp_path / "home/pipe")
    with pytest.raises((OSError, ValueError)):
        Answer(storage.node("home:pipe"))


async def test_a_local_file_is_a_file_of_the_servers_kind(storage, io):
    node = storage.node("home:large.bin")
    await io(node.write_bytes(LARGE))
    body = Answer(node, {"wsgi.file_wrapper": FileWrapper, "HTTP_RANGE": "bytes=1000-"}).body
    assert isinstance(body, FileWrapper)
    assert os.lseek(body.filelike.fileno(), 0, os.SEEK_CUR) == 1000
    assert os.pread(body.filelike.fileno(), 10, 1000) == LARGE[1000:1010]
    assert body.filelike.read(5) == LARGE[1000:1005]
    buffer = bytearray(300_000)
    assert body.filelike.readinto(buffer) == len(LARGE) - 1005
    assert body.filelike.read() == b""
    assert body == [LARGE[i : i + 65536] for i in range(1000, len(LARGE), 65536)]
    body.close()
    assert body.filelike.closed
    assert b"".join(body) == LARGE[1000:]
    part = Answer(node, {"wsgi.file_wrapper": FileWrapper, "HTTP_RANGE": "bytes=1000-99999"}).body
    assert part.filelike.read() == LARGE[1000:100000]
    assert not isinstance(Answer(storage.node("mem:f"), {"wsgi.file_wrapper": FileWrapper}).body, FileWrapper)


async def test_a_wrapper_that_is_no_class_is_left_alone(storage, io):
    node = storage.node("home:large.bin")
    await io(node.write_bytes(LARGE))

    class Odd:
        __slots__ = ("a",)

        def __init__(self):
            self.a = 1

    for wrapper in (lambda file, size=1: file, Odd, bool, int):
        assert b"".join(Answer(node, {"wsgi.file_wrapper": wrapper}).body) == LARGE


async def test_no_descriptor_stays_open(storage, io):
    node = storage.node("home:large.bin")
    await io(node.write_bytes(LARGE))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        Answer(node, {"wsgi.file_wrapper": FileWrapper}).body.close()
        Answer(node).body.close()
        Answer(node)
    assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_a_readonly_mount_serves(storage):
    storage.node("mem:d/f.txt").write_text("hello")
    storage.add_mount({"name": "view", "path": "mem:d", "permissions": "readonly"})
    assert Answer(storage.node("view:f.txt")).body == [b"hello"]


MEMORY = (
    PEAK
    + """
import sys
from genro_storage import StorageManager

storage = StorageManager()
storage.configure([{"name": "home", "protocol": "local", "base_path": sys.argv[1]}])
node = storage.node("home:warm")
for chunk in node.serve({}, lambda status, headers: None): pass
before = peak()
total = sum(len(chunk) for chunk in storage.node("home:huge").serve({}, lambda status, headers: None))
assert total == 1 << 30, total
print((peak() - before) // 1024)
"""
)


@pytest.mark.full_only
@weighs_memory
def test_a_file_of_a_gibibyte_adds_less_than_8_mib(tmp_path):
    (tmp_path / "warm").write_bytes(b"x" * 200_000)
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(1 << 30)  # sparse
    grown = subprocess.run([sys.executable, "-c", MEMORY, tmp_path], check=True, capture_output=True, text=True)
    assert int(grown.stdout) < 8 * 1024
