"""What an http mount is: the files of a web server, read only; and what it makes of servers that are not good ones."""

import os
import shutil
import ssl
import subprocess
import uuid
from pathlib import Path

import pytest

from genro_storage import StorageConfigError, StorageManager
from web import Web

DATED = {"Last_Modified": "Mon, 30 Nov 2026 10:00:00 GMT"}
LARGE = bytes(range(256)) * 4096


async def opened(node, world):
    file = node.open("rb")
    return await file.__aenter__() if world == "loop" else file


@pytest.fixture
def web():
    server = Web()
    yield server
    server.close()


@pytest.fixture
def site(storage, web):
    """The manager with `web` on a server whose answers the test chooses."""
    storage.add_mount({"name": "web", "protocol": "http", "base_path": web.url + "/base/"})
    return storage


@pytest.fixture
def published(storage):
    """A folder that nginx publishes, with some files in it, and a function that mounts it in one of nginx's ways."""
    if "GENRO_TEST_NGINX" not in os.environ:
        pytest.skip("no nginx: GENRO_TEST_NGINX is not set")
    name = f"python-{uuid.uuid4().hex}"
    folder = Path(os.environ["GENRO_TEST_NGINX_FOLDER"], name)
    for path, text in {"a b.txt": "hello", "empty": "", "d/100%.txt": "per cent", "d/e/deep": "x" * 70000}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)

    def mount(way, **options):
        url = f"{os.environ['GENRO_TEST_NGINX']}/{way}/{name}"
        storage.add_mount({"name": "web", "protocol": "http", "base_url": url, **options})
        return storage

    yield folder, mount
    shutil.rmtree(folder)


@pytest.mark.parametrize("way", ["bare", "packed"])
async def test_the_files_of_a_server_are_read(published, io, way):
    folder, mount = published
    storage = mount(way)
    node = storage.node("web:a b.txt")
    assert await io(node.read_text()) == "hello"
    assert (await io(node.exists()), await io(node.is_file()), await io(node.is_dir())) == (True, True, False)
    assert await io(node.size()) == 5
    assert await io(node.mtime()) == int((folder / "a b.txt").stat().st_mtime)
    assert await io(storage.node("web:d/100%.txt").read_text()) == "per cent"
    assert await io(storage.node("web:empty").read_bytes()) == b""
    assert await io(storage.node("web:empty").size()) == 0
    assert await io(storage.node("web:nothing").exists()) is False
    with pytest.raises(FileNotFoundError):
        await io(storage.node("web:nothing").read_bytes())


async def test_a_part_of_a_file_is_asked_for(published, io, world):
    folder, mount = published
    node = mount("bare").node("web:d/e/deep")
    (folder / "d/e/deep").write_bytes(LARGE)
    file = await opened(node, world)
    await io(file.seek(1000))
    assert await io(file.read(10)) == LARGE[1000:1010]
    await io(file.close())


async def test_a_large_file_is_read_in_parts_once_the_server_has_sent_one(published, io, world):
    folder, mount = published
    (folder / "large").write_bytes(LARGE * 40)
    node = mount("bare").node("web:large")
    for _ in range(2):
        assert await io(node.read_bytes()) == LARGE * 40
        file = await opened(node, world)
        await io(file.seek(len(LARGE) * 39))
        assert await io(file.read()) == LARGE
        await io(file.close())


async def test_a_folder_without_an_index_is_one_that_cannot_be_read_or_the_page_that_the_server_has_for_it(
    published, site, web, io
):
    folder = published[1]("bare").node("web:d")
    assert await io(folder.is_dir())
    with pytest.raises(IsADirectoryError):
        await io(folder.read_bytes())
    web.answers["/base/d"] = lambda asked: asked.answer(301, Location="/base/d/")
    web.answers["/base/d/"] = lambda asked: asked.answer(200, b"page")
    site.add_mount({"name": "web", "protocol": "http", "base_path": web.url + "/base"})
    assert await io(site.node("web:d").is_file())
    assert await io(site.node("web:d").read_bytes()) == b"page"


async def test_nothing_of_a_server_can_be_changed(published, io):
    node = published[1]("bare").node("web:a b.txt")
    with pytest.raises(PermissionError):
        await io(node.write_text("x"))
    with pytest.raises(PermissionError):
        await io(node.delete())
    assert await io(node.read_text()) == "hello"


@pytest.mark.parametrize("way", ["files", "html"])
async def test_indexes_are_folders_where_the_mount_says_so(published, io, way):
    storage = published[1](way, index=True)
    root = storage.node("web:")
    assert await io(root.is_dir())
    children = await io(root.children())
    assert [child.path for child in children] == ["a b.txt", "d", "empty"]
    assert [await io(child.is_dir()) for child in children] == [False, True, False]
    assert [child.path for child in await io(storage.node("web:d").children())] == ["d/100%.txt", "d/e"]
    assert await io(storage.node("web:d").exists())
    with pytest.raises(IsADirectoryError):
        await io(storage.node("web:d").read_bytes())
    with pytest.raises(ValueError, match="not a directory"):
        await io(storage.node("web:empty").children())


async def test_a_published_tree_is_copied(published, storage, io):
    published[1]("html", index=True)
    await io(storage.node("web:").copy_to(storage.node("mem:copy")))
    assert await io(storage.node("mem:copy/d/e/deep").read_text()) == "x" * 70000
    assert await io(storage.node("mem:copy/a b.txt").read_text()) == "hello"


async def test_a_password_opens_what_is_closed(published, io):
    user, password = os.environ["GENRO_TEST_NGINX_USER"], os.environ["GENRO_TEST_NGINX_PASSWORD"]
    storage = published[1]("private", username=user, password=password)
    assert await io(storage.node("web:a b.txt").read_text()) == "hello"


async def test_a_redirect_is_followed_but_no_password_goes_to_another_host(published, io):
    user, password = os.environ["GENRO_TEST_NGINX_USER"], os.environ["GENRO_TEST_NGINX_PASSWORD"]
    storage = published[1]("moved", username=user, password=password)
    assert await io(storage.node("web:a b.txt").read_text()) == "hello"
    storage = published[1]("away", username=user, password=password)
    with pytest.raises(PermissionError):
        await io(storage.node("web:a b.txt").read_text())


async def test_names_are_encoded_and_the_query_of_the_base_is_kept(web, storage, io):
    storage.add_mount({"name": "web", "protocol": "http", "base_path": f"{web.url}/b%20c/?key=1"})
    web.answers["/b%20c/caf%C3%A9%3F%25%23?key=1"] = lambda asked: asked.answer(200, b"found")
    node = storage.node("web:café?%#")
    assert await io(node.read_bytes()) == b"found"
    assert node.url() == f"{web.url}/b%20c/café?%#?key=1"


async def test_what_the_mount_gives_goes_with_each_request(web, storage, io, tmp_path):
    (tmp_path / "netrc").write_text("machine other login o password o\nmachine 127.0.0.1 login me password pass\n")
    web.answers["/f"] = lambda asked: asked.answer(200, b"x")
    given = {"headers": {"X-Key": "abc"}, "token": "secret"}
    for options in (given, {"netrc": str(tmp_path / "netrc")}, {"username": "me", "password": "pass"}):
        storage.add_mount({"name": "web", "protocol": "http", "base_path": web.url, **options})
        await io(storage.node("web:f").read_bytes())
    sent = [headers for _, _, headers in web.asked]
    assert (sent[0]["x-key"], sent[0]["authorization"]) == ("abc", "Bearer secret")
    assert sent[1]["authorization"] == sent[2]["authorization"] == "Basic bWU6cGFzcw=="
    assert all(headers["accept-encoding"] == "identity" for headers in sent)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A folder with authority.pem, and what it signed for 127.0.0.1 and for clients: own.pem, own.key, both.pem."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(words):
        subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)

    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl(f"req -x509 {key} -days 2 -subj /CN=authority -keyout authority.key -out authority.pem")
    openssl(f"req {key} -subj /CN=own -addext subjectAltName=IP:127.0.0.1 -keyout own.key -out own.csr")
    signed = "-CA authority.pem -CAkey authority.key -copy_extensions copy -days 2"
    openssl(f"x509 -req -in own.csr {signed} -out own.pem")
    (folder / "both.pem").write_text((folder / "own.pem").read_text() + (folder / "own.key").read_text())
    return folder


async def test_a_client_certificate_is_shown(certificates, storage, io):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates / "both.pem")
    tls.load_verify_locations(certificates / "authority.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    server = Web(tls)
    server.answers["/f"] = lambda asked: asked.answer(200, b"x")
    mount = {
        "name": "web",
        "protocol": "http",
        "base_path": server.url,
        "ca_bundle": str(certificates / "authority.pem"),
    }
    try:
        for cert in (str(certificates / "both.pem"), [str(certificates / "own.pem"), str(certificates / "own.key")]):
            storage.add_mount({**mount, "cert": cert})
            assert await io(storage.node("web:f").read_bytes()) == b"x"
        storage.add_mount(mount)
        with pytest.raises(OSError):
            await io(storage.node("web:f").read_bytes())
    finally:
        server.close()


async def test_where_head_is_refused_the_first_byte_is_asked_for(site, web, io):
    def answer(asked):
        asked.answer(405) if asked.command == "HEAD" else asked.part(b"content")

    web.answers["/base/f"] = answer
    assert await io(site.node("web:f").size()) == 7
    assert await io(site.node("web:f").size()) == 7
    assert [method for method, _, _ in web.asked] == ["HEAD", "GET", "GET"]
    web.answers["/base/f"] = lambda asked: asked.answer(405) if asked.command == "HEAD" else asked.part(b"")
    assert await io(site.node("web:f").size()) == 0


async def test_content_of_unknown_size_is_read_whole_and_counted(site, web, io):
    web.answers["/base/f"] = lambda asked: asked.chunked(LARGE)
    node = site.node("web:f")
    assert await io(node.read_bytes()) == LARGE
    assert await io(node.size()) == len(LARGE)
    await io(node.copy_to(site.node("mem:f")))
    assert await io(site.node("mem:f").read_bytes()) == LARGE


async def test_a_server_that_knows_no_ranges_is_read_in_one_piece(site, web, io):
    content = LARGE * 40  # larger than what is read in parts elsewhere
    web.answers["/base/f"] = lambda asked: asked.answer(200, content, Accept_Ranges="bytes", ETag='"1"')
    assert await io(site.node("web:f").read_bytes()) == content
    assert [method for method, _, _ in web.asked] == ["GET"]


async def test_a_content_that_breaks_off_goes_on_where_it_stopped(site, web, io, world):
    def answer(asked):
        if "Range" in asked.headers:
            asked.part(LARGE, ETag='"1"')
        else:
            asked.cut(LARGE[:400_000], Content_Length=str(len(LARGE)), ETag='"1"')

    web.answers["/base/f"] = answer
    file = await opened(site.node("web:f"), world)
    content = b""
    while piece := await io(file.read(100_000)):
        content += piece
    await io(file.close())
    assert content == LARGE
    assert web.asked[-1][2]["if-match"] == '"1"'


@pytest.mark.parametrize("mark", [{"ETag": '"2"'}, {}, {"ETag": 'W/"1"'}])
async def test_what_cannot_be_proved_to_be_the_same_content_is_never_put_together(site, web, io, world, mark):
    def answer(asked):
        if "Range" in asked.headers:
            asked.part(LARGE[::-1], **mark)
        else:
            first = {"ETag": '"1"'} if mark == {"ETag": '"2"'} else mark
            asked.cut(LARGE[:400_000], Content_Length=str(len(LARGE)), **first)

    web.answers["/base/f"] = answer
    file = await opened(site.node("web:f"), world)
    content = b""
    with pytest.raises(OSError, match=r"replaced|connection ended"):
        while piece := await io(file.read(100_000)):
            content += piece
    assert LARGE.startswith(content)


async def test_a_content_compressed_on_the_way_is_refused_and_one_stored_so_is_not(site, web, io):
    web.answers["/base/way"] = lambda asked: asked.chunked(b"\x1f\x8b...", Content_Encoding="gzip")
    web.answers["/base/f.gz"] = lambda asked: asked.answer(200, b"\x1f\x8b...", Content_Encoding="gzip")
    with pytest.raises(OSError, match="compresses"):
        await io(site.node("web:way").read_bytes())
    assert await io(site.node("web:f.gz").read_bytes()) == b"\x1f\x8b..."


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({}, "base_path"),
        ({"base_path": "ftp://host"}, "base_path"),
        ({"base_path": "http://me:secret@host"}, "base_path"),
        ({"base_path": "http://host", "headers": {"a b": "c"}}, "headers"),
        ({"base_path": "http://host", "headers": "x"}, "headers"),
        ({"base_path": "http://host", "netrc": 3}, "netrc"),
        ({"base_path": "http://host", "cert": ["a"]}, "cert"),
        ({"base_path": "http://host", "index": "html"}, "index"),
        ({"base_path": "http://host", "timeout": -1}, "timeout"),
    ],
)
def test_a_wrong_option_is_named(options, key):
    with pytest.raises(StorageConfigError, match=f"'{key}'") as caught:
        StorageManager().add_mount({"name": "web", "protocol": "http", **options})
    assert "secret" not in str(caught.value)
