"""Webdav mounts of Nextcloud's and ownCloud's servers, and how a mount shows a server who it is."""

import os
import re

import pytest

from nextcloud import FILES, UPLOADS, Cloud

LARGE = bytes(range(256)) * 4096


@pytest.fixture
def cloud(storage):
    """A server of Nextcloud's kind, mounted as `dav`."""
    server = Cloud()
    mount_of(storage, server, chunk_size=5 << 20)
    yield server
    server.close()


def mount_of(storage, cloud, **options):
    login = {"username": "ada", "password": "lovelace"}
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": cloud.url + FILES, **login, **options})


# --- what Nextcloud and ownCloud add ---


async def test_a_cloud_checks_what_comes_and_what_goes(cloud, storage, io):
    node = storage.node("dav:d/f")
    await io(node.write_text("hello"))
    put = [headers for method, _, headers in cloud.asked if method == "PUT"][-1]
    assert put["oc-checksum"] == "SHA1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
    assert await io(node.read_text()) == "hello"
    cloud.tree[FILES + "/d/f"] = b"jello"
    with pytest.raises(OSError, match="checksum"):
        await io(node.read_text())


async def test_a_cloud_is_told_the_time_of_a_file_that_is_copied_there(cloud, storage, io, tmp_path):
    (tmp_path / "home/f").write_text("x")
    os.utime(tmp_path / "home/f", (1_000_000_000, 1_000_000_000))
    await io(storage.node("home:f").copy_to(storage.node("dav:f")))
    assert await io(storage.node("dav:f").mtime()) == 1_000_000_000


async def test_a_cloud_takes_large_files_in_chunks(cloud, storage, io):
    cloud.most = 6 << 20
    content = LARGE * 12
    await io(storage.node("dav:new/large").write_bytes(content))
    assert cloud.tree[FILES + "/new/large"] == content
    assert cloud.below(UPLOADS) == []
    chunks = [path.rpartition("/")[2] for method, path, _ in cloud.asked if method == "PUT"]
    assert sorted(chunks) == ["00001", "00002", "00003"]
    assert await io(storage.node("dav:new/large").read_bytes()) == content


async def test_an_upload_in_chunks_that_fails_leaves_nothing(cloud, storage, io):
    await io(storage.node("dav:f").write_text("old"))
    cloud.refuse = lambda asked: asked.command == "MOVE" and asked.answer(507) is None
    with pytest.raises(OSError, match="507"):
        await io(storage.node("dav:f").write_bytes(LARGE * 12))
    assert cloud.below(UPLOADS) == []
    assert await io(storage.node("dav:f").read_text()) == "old"
    await io(storage.node("dav:d").mkdir())
    cloud.refuse = lambda asked: False
    with pytest.raises(IsADirectoryError):
        await io(storage.node("dav:d").write_bytes(LARGE * 12))
    assert cloud.below(UPLOADS) == []
    assert cloud.tree[FILES + "/d"] is None


async def test_what_a_killed_writer_left_in_the_uploads_is_cleaned_up(cloud, storage, io):
    refused = ("MOVE", "DELETE")
    cloud.refuse = lambda asked: asked.command in refused and asked.answer(507) is None
    with pytest.raises(OSError, match="507"):
        await io(storage.node("dav:f").write_bytes(LARGE * 12))
    cloud.refuse = lambda asked: False
    left = cloud.below(UPLOADS)[0].removeprefix(UPLOADS + "/")
    others = [f"{UPLOADS}/{name}" for name in ("web-file-upload-1", "genro-storage-anything", left[:-1] + "g")]
    for other in others:
        cloud.store(other, None)
    assert await io(storage.cleanup("dav", older_than=3600)) == []
    mount_of(storage, cloud, base_path="sub")  # has uploads of its own
    cloud.store(FILES + "/sub", None)
    assert await io(storage.cleanup("dav", older_than=0)) == []
    mount_of(storage, cloud)
    assert await io(storage.cleanup("dav", older_than=0)) == [f"dav:{left}"]
    assert cloud.below(UPLOADS) == sorted(others)


async def test_the_words_of_a_server_are_in_the_error(cloud, storage, io):
    body = b"<d:error xmlns:d='DAV:' xmlns:s='s'><s:message>too many notes</s:message></d:error>"
    cloud.refuse = lambda asked: asked.command == "PUT" and asked.answer(403, body) is None
    with pytest.raises(PermissionError, match="too many notes"):
        await io(storage.node("dav:f").write_text("x"))


# --- logins ---


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "MD5-sess", "SHA-256-sess"])
async def test_one_nonce_of_digest_serves_many_requests_until_it_is_stale(storage, io, algorithm):
    cloud = Cloud(algorithm, nonce_uses=10)
    try:
        mount_of(storage, cloud)
        for i in range(8):
            await io(storage.node(f"dav:f{i}").write_text(str(i)))
            assert await io(storage.node(f"dav:f{i}").read_text()) == str(i)
        requests = len(cloud.asked)
        assert 2 <= len(cloud.nonces) <= 2 + requests // 10
        counts = [re.search(r"nc=(\w+)", headers.get("authorization", "")) for _, _, headers in cloud.asked]
        assert "0000000a" in {found[1] for found in counts if found}
        cloud.nonces.clear()  # the server was started anew, and calls no old nonce stale
        assert await io(storage.node("dav:f0").read_text()) == "0"
        mount_of(storage, cloud, password="wrong")
        before = len(cloud.asked)
        with pytest.raises(PermissionError, match="401"):
            await io(storage.node("dav:f0").read_text())
        assert len(cloud.asked) == before + 2  # without a login, and with the wrong one
    finally:
        cloud.close()


async def test_a_password_goes_in_the_clear_only_where_the_server_knows_nothing_better(storage, io):
    cloud = Cloud("SHA-256")
    try:
        mount_of(storage, cloud, auth="basic")
        with pytest.raises(PermissionError):
            await io(storage.node("dav:f").exists())
        assert cloud.asked[0][2]["authorization"] == "Basic YWRhOmxvdmVsYWNl"
        mount_of(storage, cloud)
        assert not await io(storage.node("dav:f").exists())
        assert not any(headers.get("authorization", "").startswith("Basic") for _, _, headers in cloud.asked[2:])
    finally:
        cloud.close()
