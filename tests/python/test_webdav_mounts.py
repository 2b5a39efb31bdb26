"""What a webdav mount is: a folder of a WebDAV server, shown on real ones."""

import http.client
import io as io_module
import os
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


async def opened(node, world, mode):
    file = node.open(mode)
    return await file.__aenter__() if world == "loop" else file


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
