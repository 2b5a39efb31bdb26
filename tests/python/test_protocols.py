"""Which protocols a mount can have, and what is said of the others."""

import pytest

from genro_storage import StorageConfigError, StorageError, StorageManager, _core, mount_configs
from genro_storage.backends import FsspecBackend

LATER = ["smb", "sftp", "zip", "tar", "git", "libarchive"]


@pytest.mark.parametrize("protocol", LATER)
def test_a_protocol_that_is_not_there_yet_is_a_clear_configuration_error(protocol):
    storage = StorageManager()
    with pytest.raises(StorageConfigError, match=f"'x'.*protocol '{protocol}' is not available") as caught:
        storage.add_mount({"name": "x", "protocol": protocol, "bucket": "b", "file": "f", "base_path": "/p"})
    assert isinstance(caught.value, (StorageError, ValueError))
    for available in ("local", "s3", "memory", "base64", "fsspec"):
        assert available in str(caught.value)
    assert f"protocol 'fsspec', filesystem '{protocol}'" in str(caught.value)
    assert storage.get_mount_names() == []


@pytest.mark.parametrize("protocol", ["file", "https", "gs", "az", "ftp", "S3", " local", "floppy"])
def test_other_words_are_unknown(protocol):
    with pytest.raises(StorageConfigError, match=f"Unknown storage type '{protocol}'"):
        StorageManager().add_mount({"name": "x", "protocol": protocol, "base_path": "/p"})


def test_any_other_protocol_of_fsspec_promises_the_usual(tmp_path):
    pytest.importorskip("fsspec")
    promised = FsspecBackend("file", str(tmp_path)).capabilities
    assert {name for name, value in vars(promised).items() if value} == {
        *("read", "write", "delete", "mkdir", "list_dir", "atomic_operations", "append_mode", "seek_support")
    }


def test_every_protocol_has_a_typed_dict_of_its_options():
    common, _, protocols = _core._protocols()
    shared = {option["name"] for option in common}
    assert {protocol["name"] for protocol in protocols if not protocol["available"]} == set(LATER)
    for protocol in protocols:
        if protocol["available"]:
            made = getattr(mount_configs, f"{protocol['name'].capitalize()}Mount")
            own = {option["name"]: option["required"] for option in protocol["options"]}
            assert made.__required_keys__ | made.__optional_keys__ == set(own) | shared
            assert made.__required_keys__ == {"name", "protocol", *(name for name, required in own.items() if required)}
    assert mount_configs.RelativeMount.__required_keys__ == {"name", "path"}


def test_secrets_are_declared_where_names_say_so():
    for protocol in _core._protocols()[2]:
        for option in protocol["options"]:
            if any(word in option["name"] for word in ("secret", "password", "token", "passphrase", "account_key")):
                assert option["secret"], (protocol["name"], option["name"])
