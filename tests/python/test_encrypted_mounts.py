"""Mounts that encrypt by default, and keys given to configure()."""

import json
from base64 import urlsafe_b64encode

import pytest

from genro_storage import StorageConfigError, StorageError, StorageManager, StoragePermissionError

K1, K2 = (urlsafe_b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def memory(name, **more):
    return {"name": name, "protocol": "memory", "base_path": f"encrypted-mounts/{name}", **more}


@pytest.fixture
def manager():
    manager = StorageManager()
    yield manager
    manager.configure([{"name": "everything", "protocol": "memory", "base_path": "encrypted-mounts"}])
    manager.node("everything:").delete()


async def header_of(manager, node, io):
    """The domain that the file is stored under; None for plain content."""
    await io(node.copy_to(manager.node("raw:copy")))
    content = b"".join(manager.node("raw:copy").serve({}, lambda *_: None))
    return content.partition(b"\n")[0].removeprefix(b"#GNRE1:").decode() if content.startswith(b"#GNRE1:") else None


@pytest.mark.parametrize(
    ("declared", "kept"),
    [(True, True), ("acme", "acme"), (False, False), ("", False), (None, False)],
)
def test_what_a_mount_declares_is_given_back(manager, declared, kept):
    manager.configure([memory("m", default_encrypted=declared)])
    assert manager.mount_default_encrypted("m") is kept or manager.mount_default_encrypted("m") == kept
    assert type(manager.mount_default_encrypted("m")) is type(kept)


def test_nothing_is_declared_on_other_mounts(manager):
    manager.configure([memory("m")])
    for name in ("m", "unknown", "", None, 5):
        assert manager.mount_default_encrypted(name) is False


@pytest.mark.parametrize("declared", [1, 0, 1.5, ["acme"], {"a": 1}])
def test_a_default_of_another_type_is_a_configuration_error(manager, declared):
    with pytest.raises(StorageConfigError, match="default_encrypted"):
        manager.configure([memory("m", default_encrypted=declared)])


@pytest.mark.parametrize("declared", ["Acme", "a b", "x" * 65, "acme\n"])
def test_an_impossible_domain_is_found_at_configuration(manager, declared):
    with pytest.raises(StorageConfigError, match="Invalid encryption domain"):
        manager.configure([memory("m", default_encrypted=declared)])
    manager.configure([memory("m")])
    with pytest.raises(StorageConfigError, match="Invalid encryption domain"):
        manager.configure([{"name": "r", "path": "m:", "default_encrypted": declared}])


def test_the_retired_option_is_refused_not_ignored(manager):
    for declared in (True, "acme"):
        with pytest.raises(StorageConfigError, match="default_encrypted"):
            manager.configure([memory("m", encrypted=declared)])
    manager.configure([memory("m", encrypted=False)])


async def test_writes_that_do_not_say_take_the_mounts_default(manager, io):
    manager.configure(
        [
            memory("raw"),
            memory("all", default_encrypted=True),
            memory("acme", default_encrypted="acme"),
            memory("none"),
        ],
        f"first:{K1},acme:{K2}",
    )
    for mount, domain in (("all", "first"), ("acme", "acme"), ("none", None)):
        node = manager.node(mount, "f")
        for write in (
            lambda n=node: n.write_bytes(b"x"),
            lambda n=node: n.write_text("x"),
            lambda n=node: n.write("x"),
            lambda n=node: n.write(b"x", "wb"),
            lambda n=node: n.write_bytes(b"x", encrypted=None),
        ):
            await io(node.delete())
            assert await io(write()) is True
            assert await header_of(manager, node, io) == domain
            assert await io(node.read_bytes()) == b"x"
        await io(node.write_bytes(b"x", encrypted=False))
        assert await header_of(manager, node, io) is None
        await io(node.write_bytes(b"x", encrypted="first"))
        assert await header_of(manager, node, io) == "first"


async def test_skipping_goes_by_the_mounts_default(manager, io):
    manager.configure([memory("raw"), memory("all", default_encrypted=True)], K1)
    node = manager.node("all:f")
    await io(node.write_bytes(b"x", encrypted=False))
    assert await io(node.write_bytes(b"x", skip_if_unchanged=True)) is True
    assert await header_of(manager, node, io) == ""
    assert await io(node.write_bytes(b"x", skip_if_unchanged=True)) is False


async def test_a_relative_mount_does_not_inherit(manager, io):
    manager.configure(
        [
            memory("raw"),
            memory("up", default_encrypted=True),
            {"name": "down", "path": "up:sub"},
            {"name": "own", "path": "up:sub", "default_encrypted": "acme"},
            {"name": "deeper", "path": "own:x"},
        ],
        f"{K1},acme:{K2}",
    )
    assert [manager.mount_default_encrypted(name) for name in ("up", "down", "own", "deeper")] == [
        True,
        False,
        "acme",
        False,
    ]
    for mount, domain in (("up", ""), ("down", None), ("own", "acme"), ("deeper", None)):
        node = manager.node(mount, "f")
        await io(node.write_bytes(b"x"))
        assert await header_of(manager, node, io) == domain


async def test_files_stay_readable_through_every_mount_over_the_folder(manager, io):
    manager.configure([memory("raw"), memory("m"), {"name": "sealed", "path": "m:", "default_encrypted": True}], K1)
    await io(manager.node("sealed:a").write_text("secret"))
    await io(manager.node("m:b").write_text("plain"))
    for mount in ("m", "sealed"):
        assert await io(manager.node(mount, "a").read_text()) == "secret"
        assert await io(manager.node(mount, "b").read_text()) == "plain"


async def test_a_mount_without_keys_is_dormant(manager, io):
    manager.configure([memory("raw"), memory("m", default_encrypted="acme")])
    node = manager.node("m:f")
    with pytest.raises(StorageError, match="'acme' requires installed key material"):
        await io(node.write_bytes(b"x"))
    assert await io(node.exists()) is False
    await io(node.write_bytes(b"plain", encrypted=False))
    assert await io(node.read_bytes()) == b"plain"
    manager.set_encryption_keys(f"acme:{K1}")
    await io(node.write_bytes(b"x"))
    assert await header_of(manager, node, io) == "acme"


async def test_encrypted_content_by_default_must_be_bytes(manager, io):
    manager.configure([memory("m", default_encrypted=True)], K1)
    node = manager.node("m:f")
    with pytest.raises(TypeError):
        await io(node.write_bytes(bytearray(b"x")))
    assert await io(node.write_bytes(bytearray(b"x"), encrypted=False)) is True


def test_every_protocol_and_every_permission_takes_a_default(manager, tmp_path):
    manager.configure(
        [
            {"name": "l", "protocol": "local", "base_path": str(tmp_path), "default_encrypted": True},
            {"name": "b", "protocol": "base64", "default_encrypted": True},
            {"name": "s", "protocol": "s3", "bucket": "b", "region": "eu-west-1", "default_encrypted": "acme"},
            {"name": "ro", "path": "l:", "permissions": "readonly", "default_encrypted": True},
        ],
        K1,
    )
    assert [manager.mount_default_encrypted(name) for name in "lbs"] == [True, True, "acme"]
    manager.node("l:f").write_bytes(b"x")
    assert (tmp_path / "f").read_bytes().startswith(b"#GNRE1:\n")
    node = manager.node("b:")
    node.write_bytes(b"x")
    assert node.read_bytes() == b"x"
    with pytest.raises(StoragePermissionError):
        manager.node("ro:g").write_bytes(b"x")
    assert manager.node("ro:f").read_bytes() == b"x"


def test_a_new_declaration_replaces_the_old_one_and_deleting_forgets_it(manager):
    manager.configure([memory("m", default_encrypted=True)])
    manager.add_mount(memory("m", default_encrypted="acme"))
    assert manager.mount_default_encrypted("m") == "acme"
    with pytest.raises(StorageConfigError):
        manager.add_mount({"name": "m", "protocol": "nonsense", "default_encrypted": False})
    assert manager.mount_default_encrypted("m") == "acme"
    manager.add_mount(memory("m"))
    assert manager.mount_default_encrypted("m") is False
    manager.add_mount(memory("m", default_encrypted=True))
    manager.delete_mount("m")
    assert manager.mount_default_encrypted("m") is False


# configure(source, storage_key)


def test_configure_installs_keys_before_the_mounts(manager):
    manager.configure([memory("m")], storage_key=f"acme:{K1}")
    assert manager.encryption_domains == ["acme"]
    manager.configure([memory("n")], None)
    assert manager.encryption_domains == ["acme"]
    manager.configure([memory("o")])
    assert manager.encryption_domains == ["acme"]


@pytest.mark.parametrize("bad", ["", "  ", "short", "X:" + K1])
def test_bad_keys_mount_nothing(manager, bad):
    with pytest.raises(ValueError):
        manager.configure([memory("m")], bad)
    assert manager.get_mount_names() == []
    assert manager.encryption_active is False


def test_keys_that_are_no_text_are_a_type_error(manager):
    with pytest.raises(TypeError):
        manager.configure([memory("m")], K1.encode())
    assert manager.get_mount_names() == []


def test_keys_stay_when_a_mount_is_wrong(manager):
    with pytest.raises(StorageConfigError):
        manager.configure([memory("m"), {"name": "n", "protocol": "nonsense"}], K1)
    assert manager.encryption_domains == [""]


@pytest.mark.parametrize("source", [(), {}, 5, None, b"x"])
def test_a_source_of_another_type_is_named_before_keys_are_installed(manager, source):
    with pytest.raises(TypeError, match="source must be") as caught:
        manager.configure(source, K1)
    assert type(source).__name__ in str(caught.value)
    assert manager.encryption_active is False


def test_a_list_that_holds_no_dicts_installs_no_keys(manager):
    with pytest.raises(TypeError):
        manager.configure(["m"], K1)
    assert manager.encryption_active is False


def test_configuration_files_declare_defaults_and_keys_come_beside_them(manager, tmp_path):
    path = tmp_path / "mounts.json"
    path.write_text(json.dumps([memory("m", default_encrypted="acme"), memory("n", default_encrypted=True)]))
    manager.configure(str(path), f"acme:{K1}")
    assert [manager.mount_default_encrypted(name) for name in "mn"] == ["acme", True]
    manager.node("m:f").write_bytes(b"x")
    assert manager.node("m:f").size() == 112
    path = tmp_path / "mounts.yaml"
    path.write_text("- {name: y, protocol: memory, base_path: encrypted-mounts/y, default_encrypted: true}\n")
    manager.configure(str(path))
    assert manager.mount_default_encrypted("y") is True
    with pytest.raises(FileNotFoundError):
        manager.configure(str(tmp_path / "none.json"), K2)
    assert manager.encryption_domains == ["acme"]
