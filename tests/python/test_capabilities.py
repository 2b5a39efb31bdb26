"""What mounts promise: the table of every backend and every wrapper, and that the promises are plain values."""

import dataclasses

import pytest

from genro_storage.capabilities import BackendCapabilities

FIELDS = [
    "read",
    "write",
    "delete",
    "mkdir",
    "list_dir",
    "versioning",
    "version_listing",
    "version_access",
    "metadata",
    "presigned_urls",
    "public_urls",
    "atomic_operations",
    "symbolic_links",
    "copy_optimization",
    "hash_on_metadata",
    "append_mode",
    "seek_support",
    "readonly",
    "temporary",
]

TABLE = {
    "home": "read write delete mkdir list_dir atomic_operations copy_optimization append_mode seek_support",
    "mem": "read write delete mkdir list_dir atomic_operations copy_optimization append_mode seek_support temporary",
    "b64": "read public_urls seek_support readonly",
    "cloud": "read write delete mkdir list_dir versioning version_listing version_access metadata presigned_urls "
    "public_urls atomic_operations copy_optimization hash_on_metadata seek_support",
}
VERSION_FIELDS = {"versioning", "version_listing", "version_access"}


def has(node) -> set:
    return {name for name, value in dataclasses.asdict(node.capabilities).items() if value is True}


@pytest.fixture
def mounts(storage):
    """`home`, `mem`, `b64`, and `cloud`, an S3 mount that nobody answers: capabilities never ask."""
    nobody = {"endpoint_url": "http://127.0.0.1:9", "access_key": "a", "secret_key": "b"}
    storage.add_mount({"name": "cloud", "protocol": "s3", "bucket": "bucket", **nobody})
    storage.add_mount({"name": "unaware", "protocol": "s3", "bucket": "bucket", "version_aware": False, **nobody})
    return storage


@pytest.mark.parametrize("name", TABLE)
async def test_every_backend_promises_its_row_of_the_table(mounts, name, world):
    assert has(mounts.node(name, "eA==")) == set(TABLE[name].split())


@pytest.mark.parametrize("name", TABLE)
def test_a_relative_mount_without_level_promises_what_its_parent_does(mounts, name):
    mounts.add_mount({"name": "sub", "path": f"{name}:below"})
    mounts.add_mount({"name": "subsub", "path": "sub:deeper"})
    for view in ("sub", "subsub"):
        assert mounts.node(view, "a").capabilities == mounts.node(name, "a").capabilities


@pytest.mark.parametrize("name", ["home", "mem", "cloud"])
def test_a_level_takes_away_what_it_forbids_and_nothing_else(mounts, name):
    all_of_it = set(TABLE[name].split())
    mounts.configure(
        [
            {"name": "ro", "path": f"{name}:", "permissions": "readonly"},
            {"name": "rw", "path": f"{name}:", "permissions": "readwrite"},
            {"name": "all", "path": f"{name}:", "permissions": "delete"},
            {"name": "below_ro", "path": "ro:x", "permissions": "delete"},
        ]
    )
    assert has(mounts.node("all:")) == all_of_it
    assert has(mounts.node("rw:")) == all_of_it - {"delete"}
    for view in ("ro:", "below_ro:"):
        assert has(mounts.node(view)) == all_of_it - {"write", "delete", "mkdir", "append_mode"} | {"readonly"}


def test_a_mount_that_is_not_aware_of_versions_does_not_promise_them(mounts):
    expected = set(TABLE["cloud"].split()) - VERSION_FIELDS
    mounts.add_mount({"name": "sub", "path": "unaware:x"})
    mounts.add_mount({"name": "delete", "path": "unaware:x", "permissions": "delete"})
    for name in ("unaware", "sub", "delete"):
        assert has(mounts.node(name, "a")) == expected


def test_a_snapshot_has_no_versions_of_its_own(mounts):
    for name in TABLE:
        assert has(mounts.node(name, "eA==", version=0)) == set(TABLE[name].split()) - VERSION_FIELDS


def test_fields_and_defaults():
    assert [field.name for field in dataclasses.fields(BackendCapabilities)] == FIELDS
    on = ["read", "write", "delete", "mkdir", "list_dir", "atomic_operations", "append_mode", "seek_support"]
    assert [name for name in FIELDS if getattr(BackendCapabilities(), name) is True] == on
    assert all(type(getattr(BackendCapabilities(), name)) is bool for name in FIELDS)


def test_capabilities_are_frozen_values_that_can_be_keys():
    one = BackendCapabilities(versioning=True)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.versioning = False
    assert one == BackendCapabilities(versioning=True)
    assert one != BackendCapabilities()
    assert hash(one) == hash(BackendCapabilities(versioning=True))
    assert hash(one) != hash(BackendCapabilities())
    assert len({one, BackendCapabilities(versioning=True), BackendCapabilities()}) == 2
    assert one != {"versioning": True}
    assert (one == "versioning") is False
    assert repr(one).startswith("BackendCapabilities(read=True, write=True")
    assert "versioning=True" in repr(one)


def test_the_text_names_what_is_special_in_a_fixed_order(mounts):
    assert str(BackendCapabilities()) == "basic file operations"
    everything = BackendCapabilities(**dict.fromkeys(FIELDS, True))
    assert str(everything) == (
        "versioning, metadata, presigned URLs, server-side copy, fast hashing, symbolic links, read-only, "
        "temporary storage"
    )
    assert str(mounts.node("cloud:").capabilities) == (
        "versioning, metadata, presigned URLs, server-side copy, fast hashing"
    )


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("versioning", "versioning"), ("metadata", "metadata"), ("presigned_urls", "presigned URLs"),
        ("copy_optimization", "server-side copy"), ("hash_on_metadata", "fast hashing"),
        ("symbolic_links", "symbolic links"), ("readonly", "read-only"), ("temporary", "temporary storage"),
    ],
)  # fmt: skip
def test_capabilities_read_as_a_list_of_words(field, word):
    assert str(BackendCapabilities(**{field: True})) == word


@pytest.mark.parametrize(("mount", "protocol"), [("home", "local"), ("mem", "memory"), ("b64", "base64")])
def test_the_backend_object_of_a_mount_and_its_class_promise_the_same(storage, mount, protocol):
    backend = storage._mounts[mount]
    assert backend.capabilities == storage.node(mount, "").capabilities
    assert type(backend).get_capabilities(protocol) == set(TABLE[mount].split())
