"""Writing encrypted contents: who decides, what is refused and in which order, skipping what is there already."""

from base64 import urlsafe_b64encode

import pytest
from cryptography.fernet import Fernet

from genro_storage import StorageConfigError, StorageError

FIRST, SECOND, OTHER = (urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
HEADER = b"#GNRE1:\n"


def stored_now(node):
    """What a local file holds."""
    with open(node.resolved_path, "rb") as file:
        return file.read()


@pytest.fixture
def keyed(storage):
    """The manager with a key of the unnamed domain and one of `acme`."""
    storage.set_encryption_keys(f"{FIRST},acme:{SECOND}")
    return storage


# Writing


async def test_an_explicit_word_decides_and_old_content_plays_no_part(keyed, io):
    node = keyed.node("home:f")
    await io(node.write_bytes(b"1", encrypted=True))
    await io(node.write_bytes(b"2"))
    assert stored_now(node) == b"2"
    await io(node.write_text("3", "utf-8", False, "acme"))
    assert stored_now(node).startswith(b"#GNRE1:acme\n")
    await io(node.write("4", "w", "utf-8", False, True))
    assert stored_now(node).startswith(HEADER)
    await io(node.write(b"5", "wb", encrypted=True))
    assert await io(node.read()) == "5"
    await io(node.write_bytes(b"6", False, False))
    assert stored_now(node) == b"6"


@pytest.mark.parametrize("word", [0, 1, 1.0, b"acme", ["acme"]])
async def test_what_says_how_to_encrypt_is_a_bool_or_a_domain(keyed, io, word):
    node = keyed.node("mem:f")
    with pytest.raises(TypeError, match="encrypted"):
        await io(node.write_bytes(b"x", encrypted=word))
    with pytest.raises(TypeError, match="encrypted"):
        await io(node.write_text("x", encrypted=word))
    with pytest.raises(TypeError, match="encrypted"):
        await io(node.write("x", encrypted=word))
    assert await io(node.exists()) is False


@pytest.mark.parametrize("domain", ["Acme", "a b", "è", "x" * 65, "acme\n", "a.b"])
async def test_an_impossible_domain_is_a_configuration_error_and_writes_nothing(keyed, io, domain):
    node = keyed.node("mem:f")
    with pytest.raises(StorageConfigError, match="Invalid encryption domain") as caught:
        await io(node.write_bytes(b"x", encrypted=domain))
    assert repr(domain) in str(caught.value)
    assert await io(node.exists()) is False


async def test_without_keys_nothing_is_written(storage, mount, io):
    node = storage.node(mount, "f")
    await io(node.write_bytes(b"old"))
    for word in (True, "", "acme"):
        with pytest.raises(StorageError, match="requires installed key material") as caught:
            await io(node.write_bytes(b"new", encrypted=word))
        assert repr(word if isinstance(word, str) else "") in str(caught.value)
    assert await io(node.read_bytes()) == b"old"


async def test_encrypted_content_must_be_bytes(keyed, io):
    node = keyed.node("mem:f")
    with pytest.raises(TypeError):
        await io(node.write_bytes(bytearray(b"x"), encrypted=True))
    with pytest.raises(TypeError):
        await io(node.write_bytes("x", encrypted=True))
    with pytest.raises(TypeError):
        await io(node.write(bytearray(b"x"), "wb", encrypted=True))
    assert await io(node.exists()) is False
    await io(node.write_bytes(bytearray(b"x")))
    assert await io(node.read_bytes()) == b"x"


async def test_a_missing_key_is_told_before_a_read_only_mount(keyed, io):
    keyed.add_mount({"name": "ro", "path": "mem:", "permissions": "readonly"})
    node = keyed.node("ro:f")
    with pytest.raises(StorageError, match="requires installed key material"):
        await io(node.write_bytes(b"x", encrypted="none"))
    with pytest.raises(StorageConfigError, match="Invalid encryption domain"):
        await io(node.write_bytes(b"x", encrypted="No"))
    with pytest.raises(PermissionError, match="read-only"):
        await io(node.write_bytes(b"x", encrypted=True))


async def test_a_snapshot_is_refused_before_anything_about_encryption(storage, io):
    node = storage.node("mem:f", version="1")
    with pytest.raises(ValueError, match="Cannot write to versioned snapshot"):
        await io(node.write_bytes(b"x", encrypted="No"))


async def test_a_virtual_node_is_refused_before_anything_about_encryption(storage, io):
    for word in (None, True, "No"):
        with pytest.raises(ValueError, match="Cannot write to virtual node"):
            await io(storage.iternode().write_bytes(b"x", skip_if_unchanged=True, encrypted=word))


# skip_if_unchanged


async def test_skipping_compares_the_plaintext_and_the_stored_form(keyed, mount, io):
    node = keyed.node(mount, "f")
    write = node.write_bytes
    assert await io(write(b"same", True, True)) is True
    before = await io(node.md5hash())
    assert await io(write(b"same", True, True)) is False
    assert await io(write(b"same", True, "")) is False
    assert await io(node.md5hash()) == before
    assert await io(write(b"else", True, True)) is True
    assert await io(write(b"else", True, "acme")) is True
    assert await io(write(b"else", True, "acme")) is False
    assert await io(write(b"else", True, False)) is True
    assert await io(node.size()) == 4
    assert await io(write(b"else", True, False)) is False
    assert await io(write(b"else", True, True)) is True
    assert await io(node.size()) == 108


async def test_identical_encrypted_content_on_a_read_only_mount_is_no_failure(keyed, io):
    keyed.add_mount({"name": "ro", "path": "mem:", "permissions": "readonly"})
    await io(keyed.node("mem:f").write_bytes(b"same", encrypted=True))
    assert await io(keyed.node("ro:f").write_bytes(b"same", True, True)) is False
    with pytest.raises(PermissionError):
        await io(keyed.node("ro:f").write_bytes(b"else", True, True))


async def test_undecryptable_content_is_written_over(keyed, io):
    node = keyed.node("mem:f")
    await io(node.write_bytes(HEADER + Fernet(OTHER).encrypt(b"same")))
    assert await io(node.write_bytes(b"same", True, True)) is True
    assert await io(node.read_bytes()) == b"same"


async def test_skipping_needs_the_key_of_a_write_that_is_not_skipped(storage, io):
    node = storage.node("mem:f")
    await io(node.write_bytes(b"#GNRE1:\n" + Fernet(FIRST).encrypt(b"same")))
    with pytest.raises(StorageError, match="requires installed key material"):
        await io(node.write_bytes(b"same", True, True))
