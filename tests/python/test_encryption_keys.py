"""Key material: its syntax, domains, rotation, and that it never comes out. Envelopes by hand."""

import copy
import io as streams
import logging
import pickle
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.fernet import Fernet, InvalidToken

import genro_storage.manager
from genro_storage import StorageConfigError, StorageError, StorageManager

K1, K2, K3, K4 = (urlsafe_b64encode(bytes(range(n, n + 32))).decode() for n in (10, 90, 150, 220))


@pytest.fixture
def manager():
    return StorageManager()


def domain_of(envelope):
    header, _, token = envelope.partition(b"\n")
    return header.removeprefix(b"#GNRE1:").decode(), token


def opens(key, envelope):
    try:
        Fernet(key).decrypt(domain_of(envelope)[1])
    except InvalidToken:
        return False
    return True


# Constants


def test_the_constants_of_the_format_stand_on_the_class(manager):
    assert StorageManager.ENVELOPE_PREFIX == manager.ENVELOPE_PREFIX == b"#GNRE1:"
    assert StorageManager.ENVELOPE_MAX_HEADER == 128
    pattern = StorageManager.DOMAIN_PATTERN
    assert isinstance(pattern, re.Pattern)
    for text in ("", "acme", "a-b_9", "x" * 64):
        assert pattern.match(text)
        assert manager.DOMAIN_PATTERN.fullmatch(text)
    for text in ("A", "a b", "x" * 65, "a\n", "\n", "è", "a:b"):
        assert not pattern.match(text), text
    assert genro_storage.manager.HAS_CRYPTOGRAPHY is True


# Syntax


def test_a_new_manager_has_no_keys(manager):
    assert manager.encryption_active is False
    assert manager.encryption_domains == []


@pytest.mark.parametrize(
    ("material", "domains"),
    [
        (K1, [""]),
        (f":{K1}", [""]),
        (f"acme:{K1}", ["acme"]),
        (f"b:{K1},a:{K2},b:{K3},{K4}", ["b", "a", ""]),
        (f" acme : {K1} ,\n , {K2},", ["acme", ""]),
        (f",,{K1},,", [""]),
        (f"{K1.replace('-', '+').replace('_', '/')}", [""]),
    ],
)
def test_domains_stand_in_the_order_of_their_first_appearance(manager, material, domains):
    assert manager.set_encryption_keys(material) is None
    assert manager.encryption_active is True
    assert manager.encryption_domains == domains
    assert domain_of(manager.encrypt(b"x"))[0] == domains[0]


def test_the_list_of_domains_is_the_callers_own(manager):
    manager.set_encryption_keys(K1)
    manager.encryption_domains.append("more")
    assert manager.encryption_domains == [""]
    with pytest.raises(AttributeError):
        manager.encryption_domains = []
    with pytest.raises(AttributeError):
        manager.encryption_active = False


@pytest.mark.parametrize("material", [None, "", "  ", "\n", ",", " , ,, "])
def test_without_any_key_it_is_a_configuration_error(manager, material):
    with pytest.raises(StorageConfigError, match="at least one key is required"):
        manager.set_encryption_keys(material)


@pytest.mark.parametrize("domain", ["Acme", "a b", "a.b", "è", "x" * 65, "a\nb"])
def test_an_impossible_domain_is_shown(manager, domain):
    with pytest.raises(StorageConfigError, match="Invalid encryption domain") as caught:
        manager.set_encryption_keys(f"{domain}:{K1}")
    assert repr(domain) in str(caught.value)
    assert K1 not in str(caught.value)


@pytest.mark.parametrize(
    "bad", [K1[:-1], K1[:20], "short", "acme:", "acme:x", K1 + "A", K1 + "=", "é" * 44, f"a:b:{K1}"]
)
def test_what_is_no_key_is_a_value_error_that_does_not_repeat_it(manager, bad):
    with pytest.raises(ValueError) as caught:
        manager.set_encryption_keys(f"{K2},{bad}")
    assert len(bad) < 10 or bad not in str(caught.value)
    assert K1[:20] not in str(caught.value)


@pytest.mark.parametrize("bad", [b"bytes", K1.encode(), 5, [K1], object()])
def test_keys_are_text(manager, bad):
    with pytest.raises(TypeError):
        manager.set_encryption_keys(bad)


@pytest.mark.parametrize("bad", ["", "short", f"{K2},short", f"X:{K2}"])
def test_a_call_that_raises_leaves_the_keys_before_in_force(manager, bad):
    manager.set_encryption_keys(f"acme:{K1}")
    envelope = manager.encrypt(b"x")
    with pytest.raises(ValueError):
        manager.set_encryption_keys(bad)
    assert manager.encryption_domains == ["acme"]
    assert manager.decrypt(envelope) == b"x"


def test_each_call_replaces_everything(manager):
    manager.set_encryption_keys(f"{K1},acme:{K2}")
    envelope = manager.encrypt(b"x", "acme")
    manager.set_encryption_keys(K3)
    assert manager.encryption_domains == [""]
    with pytest.raises(StorageError, match="'acme' requires installed key material"):
        manager.decrypt(envelope)


def test_without_a_cipher_keys_and_declarations_are_configuration_errors(manager, monkeypatch):
    monkeypatch.setattr(genro_storage.manager, "HAS_CRYPTOGRAPHY", False)
    for configure in (
        lambda: manager.set_encryption_keys(K1),
        lambda: manager.configure([], K1),
        lambda: manager.add_mount({"name": "m", "protocol": "memory", "default_encrypted": True}),
        lambda: manager.configure([{"name": "m", "protocol": "memory", "default_encrypted": "acme"}]),
    ):
        with pytest.raises(StorageConfigError, match="cryptography") as caught:
            configure()
        assert "pip install genro-storage[encryption]" in str(caught.value)
    manager.add_mount({"name": "m", "protocol": "memory", "default_encrypted": False})
    assert manager.encryption_active is False


# Rotation


def test_the_first_key_of_a_domain_encrypts_and_all_decrypt(manager):
    manager.set_encryption_keys(f"acme:{K1},other:{K4},acme:{K2}")
    envelope = manager.encrypt(b"x", "acme")
    assert opens(K1, envelope)
    assert not opens(K2, envelope)
    old = b"#GNRE1:acme\n" + Fernet(K2).encrypt(b"old")
    assert manager.decrypt(old) == b"old"


def test_keys_of_one_domain_do_not_open_another(manager):
    manager.set_encryption_keys(f"a:{K1},b:{K2}")
    with pytest.raises(InvalidToken):
        manager.decrypt(b"#GNRE1:a\n" + Fernet(K2).encrypt(b"x"))


async def test_rotation_is_configuration_only(storage, mount, io):
    node = storage.node(mount, "f")
    storage.set_encryption_keys(f"acme:{K1}")
    await io(node.write_bytes(b"secret", encrypted=True))
    first = await io(node.md5hash())
    storage.set_encryption_keys(f"acme:{K2},acme:{K1}")
    assert await io(node.read_bytes()) == b"secret"
    assert await io(node.md5hash()) == first  # reading never rewrites
    await io(node.write_bytes(b"secret", encrypted=True))
    storage.set_encryption_keys(f"acme:{K2}")
    assert await io(node.read_bytes()) == b"secret"
    storage.set_encryption_keys(f"acme:{K1}")
    with pytest.raises(InvalidToken):
        await io(node.read_bytes())


# Keys never leave


def test_no_attribute_of_a_manager_speaks_of_keys(manager):
    manager.set_encryption_keys(K1)
    assert [name for name in dir(manager) if "key" in name.lower()] == ["set_encryption_keys"]


def test_keys_do_not_show_in_texts_pickles_copies_or_logs(storage, caplog):
    caplog.set_level(logging.DEBUG)
    storage.configure([{"name": "m", "protocol": "memory", "default_encrypted": "acme"}], f"acme:{K1}")
    storage.node("m:f").write_bytes(b"x")
    shown = [repr(storage), str(storage), repr(vars(storage)), repr(storage.node("m:f")), caplog.text]
    shown += [repr(getattr(storage, name)) for name in dir(storage)]
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        try:
            made = duplicate(storage)
        except TypeError:
            continue
        shown.append(repr(made))
        assert isinstance(made, bytes) or made is storage or made.encryption_active is False
    raw = urlsafe_b64decode(K1)
    for text in shown:
        assert K1 not in text
        assert repr(raw)[2:-1] not in text


def test_a_key_in_the_place_of_a_domain_is_not_shown(manager):
    for bad in (f"{K1}:acme", f"{K1[:-1]}:acme", f"{K1}:{K2}"):
        with pytest.raises(StorageConfigError) as caught:
            manager.set_encryption_keys(bad)
        assert K1[:20] not in str(caught.value)
        assert K2[:20] not in str(caught.value)


# Envelopes by hand


def test_encrypt_gives_an_envelope_and_decrypt_its_content(manager):
    manager.set_encryption_keys(f"{K1},acme:{K2}")
    assert domain_of(manager.encrypt(b"x"))[0] == ""
    assert domain_of(manager.encrypt(b"x", None))[0] == ""
    assert domain_of(manager.encrypt(b"x", ""))[0] == ""
    assert domain_of(manager.encrypt(b"x", "acme"))[0] == "acme"
    assert domain_of(manager.encrypt(b"x", domain="acme"))[0] == "acme"
    for size in (0, 1, 1000, 300_000):
        envelope = manager.encrypt(bytes(size), "acme")
        assert type(envelope) is bytes
        assert Fernet(K2).decrypt(domain_of(envelope)[1]) == bytes(size)
        assert manager.decrypt(envelope) == bytes(size)


@pytest.mark.parametrize("content", [b"", b"plain", b"#GNRE1:X\n", b"\x80" * 100, b"x" * 100_000])
def test_decrypt_passes_on_what_is_no_envelope_without_keys(manager, content):
    assert manager.decrypt(content) == content


def test_decrypt_reads_any_buffer(manager):
    manager.set_encryption_keys(K1)
    envelope = manager.encrypt(b"secret")
    assert manager.decrypt(bytearray(envelope)) == b"secret"
    assert manager.decrypt(memoryview(envelope)) == b"secret"
    with pytest.raises(TypeError):
        manager.decrypt(envelope.decode())


@pytest.mark.parametrize("data", ["text", None, 5, bytearray(b"x"), streams.BytesIO()])
def test_only_bytes_are_encrypted(manager, data):
    manager.set_encryption_keys(K1)
    with pytest.raises(TypeError):
        manager.encrypt(data)


def test_domains_by_hand_are_checked(manager):
    for domain, shown in ((None, "''"), ("", "''"), ("partner", "'partner'")):
        with pytest.raises(StorageError, match="requires installed key material") as caught:
            manager.encrypt(b"x", domain)
        assert type(caught.value) is StorageError
        assert shown in str(caught.value)
    with pytest.raises(StorageConfigError, match="Invalid encryption domain"):
        manager.encrypt(b"x", "Partner")
    with pytest.raises(TypeError):
        manager.encrypt(b"x", 5)
    with pytest.raises(StorageError, match="'gone' requires installed key material"):
        manager.decrypt(b"#GNRE1:gone\nxyz")
    manager.set_encryption_keys(K1)
    with pytest.raises(InvalidToken):
        manager.decrypt(b"#GNRE1:\nxyz")


@pytest.mark.loop_only
async def test_of_the_methods_of_the_manager_only_those_on_contents_are_awaited_inside_a_loop(io):
    manager = StorageManager()
    assert manager.set_encryption_keys(K1) is None
    assert await io(manager.decrypt(await io(manager.encrypt(b"x")))) == b"x"
    assert manager.encryption_active is True
    assert manager.mount_default_encrypted("none") is False
