"""Encrypted contents beside all else that reads and writes: virtual nodes, archives, downloads, snapshots, recipes."""

import base64
import os
import threading
import uuid
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import pytest
from cryptography.fernet import Fernet, InvalidToken

from conftest import s3_mount
from genro_storage import StorageError, StorageManager
from genro_storage.storage_grammar import StorageConfig

K1, K2 = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def stored_now(node):
    """What a local file holds."""
    with open(node.resolved_path, "rb") as file:
        return file.read()


@pytest.fixture
def keyed(storage, tmp_path):
    """The manager with keys, and `sealed`, a local mount that encrypts."""
    (tmp_path / "sealed").mkdir()
    storage.configure(
        [{"name": "sealed", "protocol": "local", "base_path": str(tmp_path / "sealed"), "default_encrypted": "acme"}],
        f"{K1},acme:{K2}",
    )
    return storage


async def test_iternodes_and_differences_are_of_plaintext(keyed, mount, io):
    a, b = keyed.node(mount, "a"), keyed.node(mount, "b")
    await io(a.write_text("one\n", encrypted=True))
    await io(b.write_text("two\n", encrypted="acme"))
    both = keyed.iternode(a, b)
    assert await io(both.read_text()) == "one\ntwo\n"
    assert await io(both.read_bytes()) == b"one\ntwo\n"
    difference = keyed.diffnode(a, b)
    assert "-one\n+two\n" in await io(difference.read_text())


async def test_a_virtual_node_is_written_under_the_destinations_default(keyed, io):
    await io(keyed.node("mem:a").write_text("one", encrypted=True))
    target = keyed.node("sealed:f")
    await io(keyed.iternode(keyed.node("mem:a"), keyed.node("mem:a")).copy_to(target))
    assert stored_now(target).startswith(b"#GNRE1:acme\n")
    assert await io(target.read_text()) == "oneone"
    plain = keyed.node("home:f")
    await io(keyed.iternode(keyed.node("mem:a")).copy_to(plain))
    assert stored_now(plain) == b"one"


async def test_a_virtual_node_is_not_written_without_the_destinations_key(keyed, io):
    keyed.set_encryption_keys(K1)
    await io(keyed.node("mem:a").write_text("one"))
    with pytest.raises(StorageError, match="'acme' requires installed key material"):
        await io(keyed.iternode(keyed.node("mem:a")).copy_to(keyed.node("sealed:f")))
    assert await io(keyed.node("sealed:f").exists()) is False


async def test_a_virtual_node_cannot_be_written_encrypted_either(keyed, io):
    with pytest.raises(ValueError, match="Cannot write to virtual node"):
        await io(keyed.iternode().write_bytes(b"x", encrypted="none"))


def test_members_of_archives_are_plaintext(keyed):
    keyed.node("mem:d/a").write_bytes(b"A" * 1_000_000, encrypted=True)
    keyed.node("mem:d/b").write_bytes(b"B")
    with zipfile.ZipFile(BytesIO(keyed.node("mem:d").zip())) as archive:
        assert archive.testzip() is None
        assert archive.read("a") == b"A" * 1_000_000
        assert archive.read("b") == b"B"
    with zipfile.ZipFile(BytesIO(keyed.node("mem:d/a").zip())) as archive:
        assert archive.read("a") == b"A" * 1_000_000


def test_to_base64_is_of_plaintext(keyed):
    keyed.node("mem:a.txt").write_bytes(b"secret", encrypted=True)
    assert keyed.node("mem:a.txt").to_base64(include_uri=False) == base64.b64encode(b"secret").decode()


def test_archives_and_base64_of_what_no_key_opens_fail(keyed):
    keyed.node("mem:d/a").write_bytes(b"#GNRE1:\nno token")
    for read in (keyed.node("mem:d/a").to_base64, keyed.node("mem:d").zip, keyed.iternode(keyed.node("mem:d/a")).read):
        with pytest.raises(InvalidToken):
            read()


def test_a_download_is_stored_under_the_mounts_default(keyed):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"downloaded")

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/f"
        for mount, start in (("sealed", b"#GNRE1:acme\n"), ("home", b"downloaded")):
            node = keyed.node(mount, "f")
            node.fill_from_url(url)
            assert stored_now(node).startswith(start)
            assert node.read_bytes() == b"downloaded"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_recipe_brings_its_own_keys(storage):
    class Recipe(StorageConfig):
        def main(self, root):
            mounts = root.mounts(storage_key=f"acme:{K1}")
            mounts.memory(name="m", base_path="encryption-recipe", default_encrypted="acme")
            mounts.relative(name="r", path="m:sub", default_encrypted=True)

    manager = StorageManager()
    manager.configure(Recipe, storage_key=K2)
    assert manager.encryption_domains == ["acme"]
    assert (manager.mount_default_encrypted("m"), manager.mount_default_encrypted("r")) == ("acme", True)
    node = manager.node("m:f")
    node.write_bytes(b"x")
    header, _, token = b"".join(node.serve({}, lambda *_: None)).partition(b"\n")
    assert header == b"#GNRE1:acme"
    assert Fernet(K1).decrypt(token) == b"x"
    manager.node("m:").delete()


def test_a_recipe_without_keys_takes_those_of_the_argument():
    class Recipe(StorageConfig):
        def main(self, root):
            root.mounts().memory(name="m", base_path="encryption-recipe")

    manager = StorageManager()
    manager.configure(Recipe, K2)
    assert manager.encryption_domains == [""]


@pytest.fixture
def versioned(storage):
    """A mount on a bucket that keeps versions."""
    config = s3_mount("vers", "minio")
    config["bucket"] = os.environ["GENRO_TEST_MINIO_VERSIONED_BUCKET"]
    config["base_path"] = f"python-{uuid.uuid4().hex}"
    storage.configure([config], f"{K1},acme:{K2}")
    return storage


async def test_a_snapshot_gives_the_envelope_as_it_is_stored(versioned, io):
    node = versioned.node("vers:f")
    await io(node.write_text("first", encrypted=True))
    await io(node.write_text("second", encrypted=True))
    snapshot = versioned.node("vers:f", version=0)
    raw = await io(snapshot.read_bytes())
    assert raw.startswith(b"#GNRE1:\n")
    assert await io(versioned.decrypt(raw)) == b"first"
    assert await io(node.read_text()) == "second"


async def test_an_unchanged_encrypted_file_adds_no_version(versioned, io):
    node = versioned.node("vers:f")
    assert await io(node.write_text("same", skip_if_unchanged=True, encrypted=True)) is True
    assert await io(node.write_text("same", skip_if_unchanged=True, encrypted=True)) is False
    assert await io(node.write_text("same", skip_if_unchanged=True, encrypted="acme")) is True
    assert await io(node.write_text("same", skip_if_unchanged=True)) is True
    assert await io(node.write_text("same", skip_if_unchanged=True)) is False
    assert len(node.versions) == 3
