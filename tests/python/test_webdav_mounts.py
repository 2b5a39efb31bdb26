"""What a webdav mount is: a folder of a WebDAV server; and what it makes of servers that are not good ones."""

import asyncio
import http.client
import io as io_module
import os
import threading
import uuid
from urllib.parse import urlsplit

import pytest

from genro_storage import StorageConfigError, StorageManager
from genro_storage.exceptions import StorageConflictError
from web import Web

LARGE = bytes(range(256)) * 4096
SERVERS = {"apache": ("GENRO_TEST_APACHE", "/dav"), "wsgidav": ("GENRO_TEST_WSGIDAV", "/open")}
LOGINS = {
    "basic": ("GENRO_TEST_APACHE", "/basic"),
    "digest": ("GENRO_TEST_APACHE", "/digest"),
    "wsgidav": ("GENRO_TEST_WSGIDAV", "/closed"),
}


def served(variable, way=""):
    if variable not in os.environ:
        pytest.skip(f"no server: {variable} is not set")
    return os.environ[variable] + way


@pytest.fixture(params=SERVERS)
def root(request):
    """The URL of a new folder of a real server, which is not there yet."""
    return f"{served(*SERVERS[request.param])}/python-{uuid.uuid4().hex}"


@pytest.fixture
def dav(root, storage):
    """The manager with `dav` on such a folder."""
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": root})
    yield storage
    storage.node("dav:").delete()
    asked(root, "DELETE")


def asked(url, method, body=None, **headers):
    """Status, fields and body of the answer to a request of another client."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, named)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


@pytest.fixture
def web():
    server = Web()
    yield server
    server.close()


@pytest.fixture
def site(storage, web):
    """The manager with `dav` on a server whose answers the test chooses."""
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": web.url + "/base/", "replace": "direct"})
    return storage


async def opened(node, world, mode):
    file = node.open(mode)
    return await file.__aenter__() if world == "loop" else file


def multistatus(*responses):
    return f'<?xml version="1.0"?><a:multistatus xmlns:a="DAV:">{"".join(responses)}</a:multistatus>'.encode()


def response(href, properties):
    had = f"<a:propstat><a:prop>{properties}</a:prop><a:status>HTTP/1.1 200 OK</a:status></a:propstat>"
    return f"<a:response><a:href>{href}</a:href>{had}</a:response>"


def folder(href):
    return response(href, "<a:resourcetype><a:collection/></a:resourcetype>")


def file(href):
    properties = "<a:resourcetype/><a:getcontentlength>1</a:getcontentlength><a:getetag>e</a:getetag>"
    return response(href, properties)


# --- on real servers ---


async def test_files_are_written_read_listed_and_deleted(dav, io):
    node = dav.node("dav:a folder/100% & more/fïle#1.txt")
    await io(node.write_text("hello"))
    assert await io(node.read_text()) == "hello"
    assert (await io(node.exists()), await io(node.is_file()), await io(node.is_dir())) == (True, True, False)
    assert await io(node.size()) == 5
    assert isinstance(await io(node.mtime()), float)
    assert await io(dav.node("dav:a folder").is_dir())
    assert [child.path for child in await io(dav.node("dav:a folder/100% & more").children())] == [node.path]
    await io(node.write_bytes(LARGE))
    assert await io(node.read_bytes()) == LARGE
    await io(node.delete())
    assert not await io(node.exists())
    with pytest.raises(FileNotFoundError):
        await io(node.read_bytes())


async def test_a_folder_is_no_file_and_a_file_no_folder(dav, io):
    await io(dav.node("dav:d/f").write_text("x"))
    for refused in (dav.node("dav:d").read_bytes, lambda: dav.node("dav:d").write_text("y")):
        with pytest.raises(IsADirectoryError):
            await io(refused())
    with pytest.raises(ValueError, match="not a directory"):
        await io(dav.node("dav:d/f").children())
    with pytest.raises(OSError, match="is a file"):
        await io(dav.node("dav:d/f/below").write_text("y"))
    assert await io(dav.node("dav:d/f").read_text()) == "x"


async def test_trees_are_copied_and_moved_by_the_server(dav, io):
    for path in ("t/a", "t/b/c", "t/b/d/e"):
        await io(dav.node(f"dav:{path}").write_text(path))
    await io(dav.node("dav:t").copy_to(dav.node("dav:copy")))
    await io(dav.node("dav:t").move_to(dav.node("dav:moved")))
    assert not await io(dav.node("dav:t").exists())
    for path in ("a", "b/c", "b/d/e"):
        assert await io(dav.node(f"dav:copy/{path}").read_text()) == f"t/{path}"
        assert await io(dav.node(f"dav:moved/{path}").read_text()) == f"t/{path}"
    await io(dav.node("dav:copy").copy_to(dav.node("mem:back")))
    assert await io(dav.node("mem:back/b/d/e").read_text()) == "t/b/d/e"


async def test_a_file_is_opened_to_be_made_only_where_there_is_none(dav, io, world):
    node = dav.node("dav:new.txt")
    file = await opened(node, world, "x")
    await io(file.write("one"))
    await io(file.close())
    with pytest.raises(FileExistsError):
        await opened(node, world, "x")
    assert await io(node.read_text()) == "one"
    file = await opened(node, world, "a")
    await io(file.write(" two"))
    await io(file.close())
    assert await io(node.read_text()) == "one two"


@pytest.mark.parametrize("way", LOGINS)
async def test_a_login_opens_what_is_closed_and_a_wrong_one_does_not(storage, io, way):
    url = served(*LOGINS[way])
    user, password = (os.environ[f"{LOGINS[way][0]}_{word}"] for word in ("USER", "PASSWORD"))
    mount = {"name": "dav", "protocol": "webdav", "url": url, "username": user}
    storage.add_mount({**mount, "password": password})
    node = storage.node(f"dav:login-{uuid.uuid4().hex}/f")
    await io(node.write_bytes(LARGE))
    assert await io(node.read_bytes()) == LARGE
    storage.add_mount({**mount, "password": "wrong"})
    with pytest.raises(PermissionError, match="401") as caught:
        await io(storage.node(node.fullpath).read_bytes())
    assert "wrong" not in str(caught.value)
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": url})
    with pytest.raises(PermissionError, match="401"):
        await io(storage.node(node.fullpath).read_bytes())


async def test_a_server_that_refuses_changes_says_so(storage, io):
    url = served("GENRO_TEST_APACHE")
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": url + "/read"})
    assert await io(storage.node("dav:").is_dir())
    with pytest.raises(PermissionError):
        await io(storage.node("dav:no").write_text("x"))
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": url + "/small"})
    with pytest.raises(ValueError, match="413"):
        await io(storage.node("dav:large").write_bytes(LARGE))
    assert not await io(storage.node("dav:large").exists())


LOCK = (
    "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>"
    "<D:owner>Ada Lovelace</D:owner></D:lockinfo>"
)


@pytest.mark.parametrize("replace", ["auto", "move"])
async def test_what_somebody_has_locked_is_left_alone_and_its_owner_is_named(dav, root, io, replace):
    dav.add_mount({"name": "dav", "protocol": "webdav", "url": root, "replace": replace})
    await io(dav.node("dav:f").write_text("old"))
    status, headers, _ = asked(root + "/f", "LOCK", LOCK, Depth="0", Timeout="Second-60")
    assert status == 200
    for refused in (
        lambda: dav.node("dav:f").write_text("new"),
        lambda: dav.node("dav:f").delete(),
        lambda: dav.node("dav:f").move_to(dav.node("dav:g")),
    ):
        with pytest.raises(PermissionError, match="locked by Ada Lovelace"):
            await io(refused())
    assert await io(dav.node("dav:f").read_text()) == "old"
    asked(root + "/f", "UNLOCK", Lock_Token=headers["Lock-Token"])
    await io(dav.node("dav:f").write_text("new"))
    assert await io(dav.node("dav:f").read_text()) == "new"
    assert [child.path for child in await io(dav.node("dav:").children())] == ["f"]


@pytest.fixture
def ours(web):
    """The name of a file that is being written: half of its digits follow from the others, in a way of our own."""
    web.answers["/base"] = lambda asked: asked.answer(200)
    storage = StorageManager()
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": web.url + "/base", "replace": "move"})
    with pytest.raises(OSError, match="404"):
        storage.node("dav:f").write_text("x")
    return next(target for method, target, _ in web.asked if method == "PUT").rpartition("/")[2]


async def test_no_name_of_a_file_being_written_is_listed_and_old_ones_are_cleaned_up(dav, root, ours, io):
    await io(dav.node("dav:d/f").write_text("x"))
    left = f"{root}/d/{ours}"
    assert asked(left, "PUT", b"half")[0] == 201
    assert [child.path for child in await io(dav.node("dav:d").children())] == ["d/f"]
    for refused in (f"dav:d/{ours}", f"dav:{ours}/f"):
        with pytest.raises(ValueError, match="being written"):
            await io(dav.node(refused).write_text("y"))
    assert await io(dav.cleanup("dav", older_than=3600)) == []
    assert await io(dav.cleanup("dav", older_than=0)) == [f"dav:d/{ours}"]
    assert asked(left, "GET")[0] == 404


LOOK_ALIKES = [
    ".genro-storage-anything16chars!.tmp",
    ".genro-storage-0123456789abcdef.tmp",
    ".genro-storage-0123456789abcdef0123456789abcdef.tmp",
]


@pytest.mark.parametrize("name", LOOK_ALIKES)
async def test_a_users_file_that_looks_like_ours_is_listed_copied_moved_and_never_cleaned_up(dav, root, io, name):
    await io(dav.node("dav:t/a").write_text("of a"))
    assert asked(f"{root}/t/{name}", "PUT", b"of the user")[0] == 201
    assert {child.path for child in await io(dav.node("dav:t").children())} == {"t/a", f"t/{name}"}
    assert await io(dav.cleanup("dav", older_than=0)) == []
    await io(dav.node("dav:t/a").delete())
    await io(dav.node("dav:t").copy_to(dav.node("mem:t")))
    await io(dav.node("dav:t").move_to(dav.node("mem:moved")))
    for copy in ("mem:t", "mem:moved"):
        assert await io(dav.node(f"{copy}/{name}").read_text()) == "of the user"
    await io(dav.node(f"dav:again/{name}").write_text("ours"))
    assert asked(f"{root}/again/{name}", "GET")[2] == b"ours"


@pytest.mark.parametrize("replace", ["auto", "move"])
async def test_what_somebody_else_wrote_is_not_replaced_by_an_appended_file(dav, root, io, world, replace):
    dav.add_mount({"name": "dav", "protocol": "webdav", "url": root, "replace": replace})
    node = dav.node("dav:log")
    assert node.capabilities.append_mode
    await io(node.write_text("one"))
    await io(node.append("-two"))
    file = await opened(node, world, "a")
    await io(file.write("-three"))
    assert asked(f"{root}/log", "PUT", b"somebody else's")[0] in (200, 204)
    with pytest.raises(StorageConflictError):
        await io(file.close())
    assert await io(node.read_text()) == "somebody else's"
    made = await opened(dav.node("dav:new"), world, "x")
    await io(made.write("ours"))
    assert asked(f"{root}/new", "PUT", b"theirs")[0] == 201
    with pytest.raises(FileExistsError):
        await io(made.close())
    assert await io(dav.node("dav:new").read_text()) == "theirs"
    assert {child.path for child in await io(dav.node("dav:").children())} == {"log", "new"}


async def test_what_another_client_writes_is_read_and_back(dav, root, io, request):
    client = pytest.importorskip("webdav4.client").Client(root)
    request.addfinalizer(client.http.close)
    names = ["plain.txt", "a b+c.txt", "über & ß.txt", "d/deep.bin"]
    for name in names:
        await io(dav.node(f"dav:ours/{name}").write_bytes(name.encode() * 1000))
        read = io_module.BytesIO()
        client.download_fileobj(f"ours/{name}", read)
        assert read.getvalue() == name.encode() * 1000
    client.mkdir("theirs")
    client.mkdir("theirs/d")
    for name in names:
        client.upload_fileobj(io_module.BytesIO(name.encode() * 1000), f"theirs/{name}")
        node = dav.node(f"dav:theirs/{name}")
        assert await io(node.read_bytes()) == name.encode() * 1000
        assert await io(node.size()) == client.content_length(f"theirs/{name}") == len(name.encode()) * 1000
        assert await io(node.mtime()) == client.modified(f"theirs/{name}").timestamp()
    listed = {entry["name"].rpartition("/")[2]: entry["type"] for entry in client.ls("ours")}
    assert listed == {name.partition("/")[0]: "directory" if "/" in name else "file" for name in names}


async def test_a_part_of_a_file_is_asked_for_and_a_large_one_read_in_parts(dav, io, world):
    node = dav.node("dav:large")
    await io(node.write_bytes(LARGE * 20))
    for _ in range(2):
        file = await opened(node, world, "rb")
        await io(file.seek(len(LARGE) * 19 + 5))
        assert await io(file.read()) == LARGE[5:]
        await io(file.close())
        assert await io(node.read_bytes()) == LARGE * 20


async def test_a_token_goes_with_each_request(web, storage, io):
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": web.url, "token": "secret"})
    web.answers["/f"] = lambda asked: asked.answer(207, multistatus(file("/f")))
    assert await io(storage.node("dav:f").exists())
    assert web.asked[0][2]["authorization"] == "Bearer secret"


# --- odd servers ---

SPELLINGS = {
    "absolute": ["http://other.example/base/d/", "http://other.example/base/d/a%20b"],
    "path": ["/base/d", "/base/d/a%20b"],
    "encoded in other ways": ["/%62ase/%64/", "/base/d/%61%20%62"],
    "not encoded": ["/base/d/", "/base/d/a b"],
    "relative": ["", "a%20b"],
    "relative with a dot": ["./", "./a%20b"],
    "another prefix behind a proxy": ["/internal/x/d/", "/internal/x/d/a%20b"],
    "without the folder itself": ["/base/d/a%20b"],
    "with blanks around": [" /base/d/ ", " /base/d/a%20b\n"],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_hrefs_are_understood_in_every_spelling(site, web, io, spelling):
    *own, child = SPELLINGS[spelling]
    web.answers["/base/d/"] = lambda asked: asked.answer(207, multistatus(*map(folder, own), file(child)))
    assert [node.path for node in await io(site.node("dav:d").children())] == ["d/a b"]


async def test_what_is_listed_elsewhere_or_cannot_be_a_name_is_never_taken_for_a_child(site, web, io):
    web.answers["/base/d/"] = lambda asked: asked.answer(
        207, multistatus(folder("/base/d/"), file("/base/d/e/deep"), file("/base/d/f"))
    )
    assert [node.path for node in await io(site.node("dav:d").children())] == ["d/f"]
    web.answers["/base/d/"] = lambda asked: asked.answer(207, multistatus(folder("/base/d/"), file("/base/f")))
    with pytest.raises(OSError, match="not in the directory"):
        await io(site.node("dav:d").children())
    for name in ("..", "%2e%2e", "a%2Fb", "%00", "..%2Fsecret"):
        web.answers["/base/d/"] = lambda asked, name=name: asked.answer(
            207, multistatus(folder("/base/d/"), file(f"/base/d/{name}"), file("/base/d/f"))
        )
        listed = [node.path for node in await io(site.node("dav:d").children())]
        assert listed == ["d/f"]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html><body>It works!</body></html>",
        multistatus(file("/base/d/f"))[:-20],
        b'<!DOCTYPE a [<!ENTITY b "c">]><a:multistatus xmlns:a="DAV:">&b;</a:multistatus>',
        b"<multistatus>" + b"<response>" * 100_000,
    ],
)
async def test_a_listing_that_is_none_is_an_error_and_no_short_list(site, web, io, document):
    web.answers["/base/d/"] = lambda asked: asked.answer(207, document)
    with pytest.raises(OSError, match="the server sent"):
        await io(site.node("dav:d").children())


async def test_a_server_without_webdav_is_told_so(site, web, io):
    web.answers["/base/f"] = lambda asked: asked.answer(200, b"page")
    with pytest.raises(OSError, match="speaks no WebDAV"):
        await io(site.node("dav:f").exists())


async def test_a_redirect_that_only_adds_a_slash_is_followed(site, web, io):
    web.answers["/base/d"] = lambda asked: asked.answer(301, Location="http://elsewhere/base/d/")
    web.answers["/base/d/"] = lambda asked: asked.answer(207, multistatus(folder("/base/d/")))
    assert await io(site.node("dav:d").is_dir())
    web.answers["/base/d"] = lambda asked: asked.answer(301, Location="http://elsewhere/login")
    with pytest.raises(OSError):
        await io(site.node("dav:d").is_dir())


async def test_a_file_that_breaks_off_goes_on_where_it_stopped(site, web, io):
    def answer(asked):
        if "Range" in asked.headers:
            asked.part(LARGE, ETag='W/"1"')
        else:
            asked.cut(LARGE[:400_000], Content_Length=str(len(LARGE)), ETag='W/"1"')

    web.answers["/base/f"] = answer
    assert await io(site.node("dav:f").read_bytes()) == LARGE
    web.answers["/base/f"] = lambda asked: (
        asked.part(LARGE[::-1], ETag='"2"') if "Range" in asked.headers else answer(asked)
    )
    with pytest.raises(OSError, match="replaced"):
        await io(site.node("dav:f").read_bytes())


async def test_a_file_that_is_replaced_between_open_and_seek_is_told(site, web, io, world):
    web.answers["/base/f"] = lambda asked: asked.part(LARGE, ETag='W/"1"')
    file = await opened(site.node("dav:f"), world, "rb")
    assert await io(file.read(10)) == LARGE[:10]
    web.answers["/base/f"] = lambda asked: asked.part(LARGE[::-1], ETag='W/"2"')
    await io(file.seek(500_000))
    with pytest.raises(StorageConflictError):
        await io(file.read(10))
    assert not any("if-match" in headers for _, _, headers in web.asked)  # Apache refuses those of weak ETags


@pytest.mark.loop_only
@pytest.mark.parametrize("protocol", ["webdav", "http"])
@pytest.mark.parametrize("etag", [None, 'W/"1"', '"1"'])
async def test_only_a_stream_that_can_go_on_gives_its_connection_to_others(storage, web, protocol, etag):
    content = LARGE * 8  # more than what the sockets hold back
    where = "base_path" if protocol == "http" else "url"
    storage.add_mount({"name": "one", "protocol": protocol, where: web.url + "/base", "max_connections": 1})
    dated = {"Last_Modified": "Tue, 14 Nov 2023 22:13:20 GMT"}
    tagged = {**dated, "ETag": etag} if etag else dated
    web.answers["/base/f"] = lambda asked: asked.part(content, **tagged)
    web.answers["/base/other"] = lambda asked: asked.part(b"other", **dated)
    stream = await storage.node("one:f").open("rb").__aenter__()
    head = await asyncio.wait_for(stream.read(10), 60)
    if etag == '"1"':
        assert await asyncio.wait_for(storage.node("one:other").read_bytes(), 60) == b"other"
    else:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(storage.node("one:other").read_bytes(), 0.5)
    assert head + await asyncio.wait_for(stream.read(), 60) == content
    await stream.close()
    opened_again = [target for method, target, _ in web.asked if (method, target) == ("GET", "/base/f")]
    assert (len(opened_again) > 1) == (etag == '"1"')


async def test_a_file_that_stops_in_the_middle_is_given_up_and_goes_on_where_it_stopped(storage, web, io):
    ended = threading.Event()

    def answer(asked):
        if "Range" in asked.headers:
            asked.part(LARGE, ETag='W/"1"')
            return
        asked.cut(LARGE[:400_000], Content_Length=str(len(LARGE)), ETag='W/"1"')
        ended.wait(60)

    web.answers["/base/f"] = answer
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": web.url + "/base", "timeout": 0.5})
    try:
        assert await io(storage.node("dav:f").read_bytes()) == LARGE
    finally:
        ended.set()


async def test_a_file_whose_sending_stops_in_the_middle_leaves_the_old_one(storage, web, io):
    ended = threading.Event()

    def put(asked):
        if sum(method == "PUT" for method, _, _ in web.asked) == 1:
            ended.wait(60)
            asked.close_connection = True
        else:
            asked.answer(403)

    web.answers = Every(OPTIONS=lambda asked: asked.answer(200), PUT=put, DELETE=lambda asked: asked.answer(404))
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": web.url + "/base", "timeout": 0.5})
    try:
        with pytest.raises(PermissionError):
            await io(storage.node("dav:f").write_bytes(b"x" * 100))
    finally:
        ended.set()
    sent = {path for method, path, _ in web.asked if method == "PUT"}
    assert all(path.startswith("/base/.genro-storage-") for path in sent)
    assert sent == {path for method, path, _ in web.asked if method == "DELETE"}


class Every(dict):
    """Answers by method, whatever the path."""

    def get(self, _, missing):
        return lambda asked: dict.get(self, asked.command, missing)(asked)


@pytest.mark.loop_only
async def test_a_copy_that_was_stopped_leaves_nothing_when_the_server_ends_it(site, web):
    begun, goes_on, removed = (threading.Event() for _ in range(3))

    def copy(asked):
        begun.set()
        goes_on.wait(60)
        asked.answer(201)

    def delete(asked):
        asked.answer(204)
        if goes_on.is_set():
            removed.set()

    web.answers = Every(COPY=copy, DELETE=delete)
    web.answers["PROPFIND"] = lambda asked: (
        asked.answer(207, multistatus(file("/base/f"))) if asked.path == "/base/f" else asked.answer(404)
    )
    copying = asyncio.create_task(site.node("dav:f").copy_to("dav:g"))
    assert await asyncio.to_thread(begun.wait, 60)
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying
    goes_on.set()
    assert await asyncio.to_thread(removed.wait, 60)
    target = next(headers["destination"] for method, _, headers in web.asked if method == "COPY")
    assert all(target.endswith(path) for method, path, _ in web.asked if method == "DELETE")


async def test_where_a_part_of_a_deletion_fails_it_is_told(site, web, io):
    failed = "<a:response><a:href>/base/d/held</a:href><a:status>HTTP/1.1 423 Locked</a:status></a:response>"

    def answer(asked):
        asked.answer(207, multistatus(failed) if asked.command == "DELETE" else multistatus(folder("/base/d/")))

    web.answers["/base/d"] = web.answers["/base/d/"] = answer
    with pytest.raises(OSError, match="423 for 'held'"):
        await io(site.node("dav:d").delete())


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({}, "url"),
        ({"url": "ftp://host"}, "url"),
        ({"url": "http://me:secret@host"}, "url"),
        ({"url": "http://host/?secret=1"}, "url"),
        ({"url": "http://host", "base_path": "a/../b"}, "base_path"),
        ({"url": "http://host", "auth": "ntlm"}, "auth"),
        ({"url": "http://host", "replace": "copy"}, "replace"),
        ({"url": "http://host", "dialect": "cloud"}, "dialect"),
        ({"url": "http://host", "chunk_size": 1}, "chunk_size"),
        ({"url": "http://host", "cert": ["a"]}, "cert"),
        ({"url": "http://host", "verify_ssl": "no"}, "verify_ssl"),
    ],
)
def test_a_wrong_option_is_named(options, key):
    with pytest.raises(StorageConfigError, match=f"'{key}'") as caught:
        StorageManager().add_mount({"name": "dav", "protocol": "webdav", **options})
    assert "secret" not in str(caught.value)
