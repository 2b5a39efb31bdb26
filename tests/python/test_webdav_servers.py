"""What a webdav mount makes of servers that are not good ones: odd answers, cut ones, and none."""

import asyncio
import threading

import pytest

from genro_storage.exceptions import StorageConflictError
from web import Web

LARGE = bytes(range(256)) * 4096


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


async def test_a_token_goes_with_each_request(web, storage, io):
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": web.url, "token": "secret"})
    web.answers["/f"] = lambda asked: asked.answer(207, multistatus(file("/f")))
    assert await io(storage.node("dav:f").exists())
    assert web.asked[0][2]["authorization"] == "Bearer secret"


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
