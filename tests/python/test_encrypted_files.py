"""Open files, local paths, copies and appends where contents are encrypted: plaintext for users, not for the store."""

import base64
import os
import uuid

import pytest
from cryptography.fernet import InvalidToken

from conftest import S3_SERVERS, s3_mount
from genro_storage import StorageError, StorageManager

KEY, OTHER = (base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))
PLAIN = os.urandom(300_000)


def stored(node):
    """What a file holds, as it is served."""
    return b"".join(node.serve({}, lambda *_: None))


def domain(node):
    """The domain that the file is encrypted under; None for plaintext."""
    content = stored(node)
    assert b"secret" not in content
    return content.partition(b"\n")[0].removeprefix(b"#GNRE1:").decode() if content.startswith(b"#GNRE1:") else None


@pytest.fixture
def keyed(storage):
    storage.set_encryption_keys(f"{KEY},acme:{OTHER}")
    return storage


@pytest.fixture(params=["memory", "local", "minio", "versitygw"])
def safe(request, keyed, tmp_path):
    """A mount that encrypts under the domain acme."""
    if request.param in S3_SERVERS:
        config = s3_mount("safe", request.param)
    elif request.param == "local":
        (tmp_path / "safe").mkdir()
        config = {"name": "safe", "protocol": "local", "base_path": str(tmp_path / "safe")}
    else:
        config = {"name": "safe", "protocol": "memory", "base_path": f"safe-{uuid.uuid4().hex}"}
    keyed.add_mount({**config, "default_encrypted": "acme"})
    yield keyed
    keyed.set_encryption_keys(f"{KEY},acme:{OTHER}")
    keyed.node("safe:").delete()


@pytest.mark.parametrize("mode", ["wb", "xb", "w+b", "x+b", "ab", "a+b"])
async def test_what_is_written_to_an_open_file_is_encrypted(safe, mode, io):
    node = safe.node("safe:d/f")
    with node.open(mode) as file:
        file.write(b"secret ")
        file.write(PLAIN)
    assert domain(node) == "acme"
    assert await io(node.read_bytes()) == b"secret " + PLAIN
    with node.open("rb") as file:
        assert file.read() == b"secret " + PLAIN


async def test_an_open_file_gives_plaintext_anywhere(safe, io):
    node = safe.node("safe:f")
    await io(node.write_bytes(PLAIN))
    with node.open("rb") as file:
        assert file.read(10) == PLAIN[:10]
        assert file.seek(0, 2) == len(PLAIN)
        assert file.read() == b""
        assert file.seek(100_000) == 100_000
        assert file.read(7) == PLAIN[100_000:100_007]
        file.seek(-3, 1)
        assert file.read() == PLAIN[100_004:]
        file.seek(len(PLAIN) + 5)
        assert file.read() == b""
        with pytest.raises(OSError):
            file.fileno()
    await io(node.write_text("one\ntwo\n"))
    with node.open() as file:
        assert list(file) == ["one\n", "two\n"]


@pytest.mark.loop_only
async def test_an_awaited_file_is_encrypted_too(safe, io):
    node = safe.node("safe:f")
    async with node.open("wb") as file:
        await file.write(b"secret")
    assert domain(node) == "acme"
    async with node.open("ab") as file:
        await file.write(b" and more")
    assert domain(node) == "acme"
    async with node.open("rb") as file:
        assert await file.read() == b"secret and more"


async def test_a_changed_part_and_an_appended_one_stay_encrypted(safe, io):
    node = safe.node("safe:f")
    await io(node.write_bytes(b"secret and more"))
    with node.open("r+b") as file:
        assert file.read(6) == b"secret"
        file.write(b" AND")
    assert (domain(node), await io(node.read_bytes())) == ("acme", b"secret AND more")
    with node.open("ab") as file:
        file.write(b", much")
    assert (domain(node), await io(node.read_bytes())) == ("acme", b"secret AND more, much")
    await io(node.append(b" more"))
    assert (domain(node), await io(node.read_bytes())) == ("acme", b"secret AND more, much more")
    with node.open("r+b") as file:
        file.truncate(6)
    assert (domain(node), await io(node.read_bytes())) == ("acme", b"secret")


async def test_plaintext_that_is_there_already_is_encrypted_when_it_is_changed(safe, io):
    node = safe.node("safe:f")
    for change in ("append", "a", "r+"):
        await io(node.write_bytes(b"plain", encrypted=False))
        assert stored(node) == b"plain"
        with node.open("rb") as file:
            assert file.read() == b"plain"
        if change == "append":
            await io(node.append(b"secret"))
        else:
            with node.open(change + "b") as file:
                file.seek(0, 2)
                file.write(b"secret")
        assert (domain(node), await io(node.read_bytes())) == ("acme", b"plainsecret")


async def test_nothing_is_stored_without_the_key(safe, io):
    node, source = safe.node("safe:f"), safe.node("mem:source")
    await io(source.write_text("secret"))
    safe.set_encryption_keys(KEY)
    for mode in ("wb", "xb", "ab", "w+b"):
        with pytest.raises(StorageError, match="'acme' requires installed key material"), node.open(mode) as file:
            file.write(b"secret")
    for attempt in (
        lambda: node.append(b"secret"),
        lambda: source.copy_to(node),
        lambda: source.move_to(node),
        lambda: node.write_text("secret"),
    ):
        with pytest.raises(StorageError, match="'acme' requires installed key material"):
            await io(attempt())
    with pytest.raises(StorageError, match="'acme' requires installed key material"), node.local_path("w"):
        pass
    assert await io(node.exists()) is False
    assert await io(source.read_text()) == "secret"


async def test_an_exception_stores_nothing(safe, io):
    node = safe.node("safe:f")
    with pytest.raises(RuntimeError), node.open("wb") as file:
        file.write(b"secret")
        raise RuntimeError
    assert await io(node.exists()) is False


async def test_a_local_path_is_of_plaintext_and_what_comes_back_is_encrypted(safe, io, temporary):
    node = safe.node("safe:f")
    with node.local_path("w") as path:
        with open(path, "wb") as file:
            file.write(b"secret")
        assert os.path.dirname(path) == str(temporary)
    assert (domain(node), await io(node.read_bytes())) == ("acme", b"secret")
    with node.local_path() as path, open(path, "rb") as file:
        assert file.read() == b"secret"
    with node.local_path("rw") as path, open(path, "ab") as file:
        file.write(b" more")
    assert (domain(node), await io(node.read_bytes())) == ("acme", b"secret more")
    with node.local_path("rw") as path, open(path, "rb") as file:
        assert file.read() == b"secret more"
    await io(node.call("sh", "-c", 'printf " and more" >> "$0"', node))
    assert (domain(node), await io(node.read_bytes())) == ("acme", b"secret more and more")
    with safe.node("safe:new").local_path("rw") as path, open(path, "wb") as file:
        file.write(b"secret")
    assert domain(safe.node("safe:new")) == "acme"


@pytest.mark.parametrize("operation", ["copy_to", "move_to"])
async def test_plaintext_that_is_copied_or_moved_here_is_encrypted(safe, mount, operation, io):
    source = safe.node(mount, "t")
    for name in ("a", "deep/b", "empty"):
        await io(source.child(name).write_bytes(b"" if name == "empty" else b"secret"))
    await io(source.child("large").write_bytes(PLAIN))
    await io(source.child("sealed").write_text("secret", encrypted=True))
    sealed = stored(source.child("sealed"))
    await io(getattr(source, operation)("safe:t"))
    target = safe.node("safe:t")
    for name, content in (("a", b"secret"), ("deep/b", b"secret"), ("empty", b""), ("large", PLAIN)):
        assert domain(target.child(name)) == "acme"
        assert await io(target.child(name).read_bytes()) == content
    assert stored(target.child("sealed")) == sealed  # as it is: another domain, no key needed
    assert await io(safe.node(mount, "t").exists()) is (operation == "copy_to")
    one = safe.node(mount, "one")
    await io(one.write_text("secret"))
    await io(getattr(one, operation)("safe:one"))
    assert domain(safe.node("safe:one")) == "acme"


async def test_what_is_renamed_inside_of_the_mount_stays_as_it_is(safe, io):
    node = safe.node("safe:a")
    await io(node.write_text("secret"))
    before = stored(node)
    await io(node.move_to("safe:b"))
    assert stored(safe.node("safe:b")) == before
    await io(safe.node("safe:b").copy_to("safe:c"))
    assert stored(safe.node("safe:c")) == before


async def test_relative_mounts_of_one_folder_keep_plaintext_out_too(keyed, io):
    keyed.configure(
        [
            {"name": "open", "path": "home:all"},
            {"name": "shut", "path": "home:all/shut", "default_encrypted": True},
        ]
    )
    source = keyed.node("open:f")
    for operation in ("copy_to", "move_to"):
        await io(source.write_text("secret"))
        await io(getattr(keyed.node("open:f"), operation)("shut:f"))
        assert domain(keyed.node("shut:f")) == ""
        assert await io(keyed.node("open:shut/f").read_text()) == "secret"


async def test_an_encrypted_file_on_any_mount_is_plaintext_to_its_users_and_stays_encrypted(keyed, mount, io):
    node = keyed.node(mount, "f")
    changes = {
        "a": b"secret tail",
        "r+": b"SECRET tail",
        "append": b"SECRET tail end",
        "local_path": b"SECRET tail end!",
    }
    await io(node.write_text("secret", encrypted="acme"))
    for change, expected in changes.items():
        with node.open("rb") as file:
            assert not file.read().startswith(b"#GNRE1")
        if change == "append":
            await io(node.append(b" end"))
        elif change == "local_path":
            with node.local_path("rw") as path, open(path, "ab") as file:
                file.write(b"!")
        else:
            with node.open(change + "b") as file:
                file.write(b" tail" if change == "a" else b"SECRET")
        assert (domain(node), await io(node.read_bytes())) == ("acme", expected)
    with node.local_path() as path, open(path, "rb") as file:
        assert file.read() == b"SECRET tail end!"
    with node.open("wb") as file:  # a plain write over it makes it plain
        file.write(b"plain")
    assert stored(node) == b"plain"


async def test_without_any_key_an_open_file_is_of_what_is_stored(storage, mount, io):
    maker = StorageManager()
    maker.set_encryption_keys(KEY)
    envelope = await io(maker.encrypt(b"secret"))
    node = storage.node(mount, "f")
    await io(node.write_bytes(envelope))
    with node.open("rb") as file:
        assert file.read() == envelope
    with pytest.raises(StorageError, match="requires installed key material"):
        await io(node.read_bytes())
    with node.open("r+b") as file:
        assert file.read() == envelope
    with node.local_path() as path, open(path, "rb") as file:
        assert file.read() == envelope
    assert stored(node) == envelope


async def test_what_is_altered_cannot_be_opened(keyed, mount, io):
    node = keyed.node(mount, "f")
    await io(node.write_bytes(b"#GNRE1:\nno token"))
    for mode in ("rb", "r+b", "ab"):
        with pytest.raises(InvalidToken), node.open(mode) as file:
            file.read() if mode == "rb" else file.write(b"x")
    assert stored(node) == b"#GNRE1:\nno token"


@pytest.mark.parametrize("mount", ["minio"], indirect=True)
async def test_nobody_gets_an_address_to_write_plaintext_to(keyed, mount, io, s3_config):
    config = s3_config("safe", "minio")
    keyed.add_mount({**config, "default_encrypted": True})
    await io(keyed.node("safe:f").write_text("secret"))
    assert keyed.node("safe:f").url().startswith("http")
    with pytest.raises(PermissionError, match="encrypted"):
        keyed.node("safe:f").url(method="PUT")
