"""What one library writes the other reads: genro-storage 0.8 from its released wheel beside ours."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import s3_mount
from genro_storage import StorageManager
from old_library import OldLibrary, run_ours

pytestmark = pytest.mark.full_only

Mounts = list[dict[str, Any]]
Run = Callable[..., Any]


@pytest.fixture(params=["local", "minio", "versitygw"])
def mounts(request: pytest.FixtureRequest, tmp_path: Path) -> Mounts:
    if request.param == "local":
        return [{"name": "m", "protocol": "local", "base_path": str(tmp_path), "base_url": "https://x.test/f/"}]
    return [s3_mount("m", request.param)]


@pytest.fixture(params=["old to new", "new to old"])
def direction(request: pytest.FixtureRequest, old: OldLibrary) -> tuple[Run, Run]:
    """(the one that writes, the one that reads)"""
    return (old.run, run_ours) if request.param == "old to new" else (run_ours, old.run)


NAMES = [
    "plain.txt",
    "deep/er/and/deeper.bin",
    "with space.txt",
    "percent %41 100%.txt",
    "plus+and&and=.txt",
    "café ☕ 日本.txt",
    "question?mark#hash.txt",
    "quote'\"quote.txt",
    "brackets[1]{2}(3).txt",
    "back\\slash.txt",
    "tilde~.txt",
    "semi;colon,comma.txt",
    "star*.txt",
    ".hidden",
    "dot.",
    "$dollar@at!.txt",
]


def write_many(storage, names):
    for number, name in enumerate(names):
        storage.node("m", name).write_bytes(name.encode() * (number * 1000))


def read_many(storage, names):
    found = []
    for name in names:
        node = storage.node("m", name)
        found.append((node.exists(), node.is_file(), node.size(), node.md5hash(), node.read_bytes()))
    return found


def test_files_of_every_name_and_size(mounts: Mounts, direction: tuple[Run, Run]) -> None:
    write, read = direction
    names = NAMES
    if mounts[0]["protocol"] == "s3" and read is not run_ours:
        names = [name for name in NAMES if "*" not in name and "[" not in name and "?" not in name]  # patterns to it
    write(write_many, mounts, names=names)
    assert read(read_many, mounts, names=names) == run_ours(read_many, mounts, names=names)


def list_everything(storage):
    pending, found = [storage.node("m:")], []
    while pending:
        for node in pending.pop().children():
            found.append((node.path, node.is_dir()))
            if node.is_dir():
                pending.append(node)
    return sorted(found)


def test_listings_agree(mounts: Mounts, old: OldLibrary) -> None:
    run_ours(write_many, mounts, names=NAMES)
    assert old.run(list_everything, mounts) == run_ours(list_everything, mounts)


def write_large(storage, size):
    storage.node("m:large.bin").write_bytes(bytes(range(256)) * (size // 256))


def digest_large(storage):
    import hashlib

    node = storage.node("m:large.bin")
    return node.size(), hashlib.sha256(node.read_bytes()).hexdigest()


def test_a_large_file_is_whole_on_the_other_side(mounts: Mounts, direction: tuple[Run, Run]) -> None:
    write, read = direction
    write(write_large, mounts, size=40 << 20)
    assert read(digest_large, mounts) == run_ours(digest_large, mounts)
    assert read(digest_large, mounts)[0] == 40 << 20


def stream_and_append(storage):
    node = storage.node("m:log.txt")
    with node.open("w") as file:
        file.write("one\n")
    with node.open("a") as file:
        file.write("two\n")


def read_text(storage, name):
    return storage.node("m", name).read_text()


def test_streams_and_appends(mounts: Mounts, direction: tuple[Run, Run]) -> None:
    write, read = direction
    write(stream_and_append, mounts)
    assert read(read_text, mounts, name="log.txt") == "one\ntwo\n"


def make_tree(storage):
    for path in ["t/a", "t/b/c", "t/b/d/e"]:
        storage.node("m", path).write_text(path)
    storage.node("m:t").copy_to("m:copy")
    storage.node("m:copy/b").move_to("m:moved")


def test_trees_that_were_copied_and_moved(mounts: Mounts, direction: tuple[Run, Run]) -> None:
    write, read = direction
    write(make_tree, mounts)
    assert read(list_everything, mounts) == run_ours(list_everything, mounts)
    assert read(read_text, mounts, name="moved/d/e") == "t/b/d/e"


def base64_of(storage, data):
    node = storage.node("b:")
    node.write_bytes(data)
    return node.path


def base64_read(storage, path):
    return storage.node("b:" + path).read_bytes()


def test_base64_payloads(direction: tuple[Run, Run]) -> None:
    write, read = direction
    mount = [{"name": "b", "protocol": "base64"}]
    data = b"a payload without slashes in its encoding"
    assert read(base64_read, mount, path=write(base64_of, mount, data=data)) == data


# Fernet keys for tests only.
RING = "bTFNT1JqWVB2a1hTR0FhaXVrMWpqWTdqcEFCR1FtZ2E=,acme:c0p1QVRmWEZtVVpuV3lsUndnTmRrQ1pYYm5FYVZxQ3g="
ROTATED = (
    "TmV3RGVmYXVsdEtleUZvclRlc3RzT25seTEyMzQ1Njc=,bTFNT1JqWVB2a1hTR0FhaXVrMWpqWTdqcEFCR1FtZ2E=,"
    "acme:c0p1QVRmWEZtVVpuV3lsUndnTmRrQ1pYYm5FYVZxQ3g="
)


def write_sealed(storage, ring):
    storage.set_encryption_keys(ring)
    storage.node("m:default").write_bytes(bytes(range(256)) * 50, encrypted=True)
    storage.node("m:domain").write_text("für acme\r\n", encrypted="acme")
    storage.node("m:empty").write_bytes(b"", encrypted=True)
    storage.node("m:plain").write_text("plain")


def read_sealed(storage, ring):
    storage.set_encryption_keys(ring)
    contents = [storage.node("m", name).read_bytes() for name in ("default", "domain", "empty", "plain")]
    return contents, storage.node("m:domain").read_text(), storage.node("m:default").size()


@pytest.mark.parametrize("ring", [RING, ROTATED], ids=["the same keys", "after a rotation"])
def test_envelopes_of_one_library_open_in_the_other(mounts: Mounts, direction: tuple[Run, Run], ring: str) -> None:
    write, read = direction
    write(write_sealed, mounts, ring=RING)
    contents, text, size = read(read_sealed, mounts, ring=ring)
    assert contents == [bytes(range(256)) * 50, "für acme\r\n".encode(), b"", b"plain"]
    assert text == "für acme\r\n"
    assert size > 12800


def write_versions(storage):
    node = storage.node("m:v.txt")
    for text in ("first", "second", "second", "third"):
        node.write_text(text)


def version_list(storage):
    return [(v["version_id"], v["is_latest"], v["size"], v["etag"]) for v in storage.node("m:v.txt").versions]


def version_texts(storage, ids):
    node = storage.node("m:v.txt")
    texts = []
    for version in [0, -1, -2, *ids]:
        with node.open("rb", version=version) as file:
            texts.append(file.read())
    return [*texts, storage.node("m:v.txt", version=ids[0]).read_text()]


def compact(storage):
    return storage.node("m:v.txt").compact_versions(dry_run=True)


@pytest.fixture(params=["minio", "versitygw"])
def versioned(request: pytest.FixtureRequest) -> Mounts:
    mount = s3_mount("m", request.param)
    mount["bucket"] = os.environ[f"GENRO_TEST_{request.param.upper()}_VERSIONED_BUCKET"]
    return [mount]


def test_versions_are_the_same_list(versioned: Mounts, direction: tuple[Run, Run], old: OldLibrary) -> None:
    write, _ = direction
    write(write_versions, versioned)
    listed = run_ours(version_list, versioned)
    assert len(listed) == 4
    # Writes within one second come back in no promised order there: what is compared is the set.
    assert sorted(old.run(version_list, versioned)) == sorted(listed)
    texts = run_ours(version_texts, versioned, ids=[entry[0] for entry in listed])
    assert texts == [b"first", b"third", b"second", b"first", b"second", b"second", b"third", "first"]
    assert run_ours(compact, versioned) == 1


def test_user_metadata_is_what_other_clients_see(
    versioned: Mounts, boto_client: Callable[[dict[str, Any]], Any]
) -> None:
    """0.8 can neither set nor read it on S3, so another client stands in for it."""
    mount = versioned[0]
    client = boto_client(mount)
    storage = StorageManager()
    storage.configure(versioned)
    node = storage.node(f"m:{uuid.uuid4().hex}")
    key = f"{mount['base_path']}/{node.path}"
    node.write_text("x")
    node.set_metadata({"author": "ours", "stage": "draft"})
    assert client.head_object(Bucket=mount["bucket"], Key=key)["Metadata"] == {"author": "ours", "stage": "draft"}
    client.put_object(Bucket=mount["bucket"], Key=key, Body=b"y", Metadata={"by": "boto3"})
    assert node.get_metadata() == {"by": "boto3"}


def urls(storage):
    return [storage.node("m", name).url() for name in ("a.txt", "", "d/e f.txt")]


def test_public_urls_of_local_files(tmp_path: Path, old: OldLibrary) -> None:
    mounts = [{"name": "m", "protocol": "local", "base_path": str(tmp_path), "base_url": "https://x.test/f/"}]
    assert run_ours(urls, mounts) == old.run(urls, mounts)


def served(storage):
    import os

    node = storage.node("m:s.html")
    node.write_text("x" * 1000)
    os.utime(node.resolved_path, (1_700_000_000.25, 1_700_000_000.25))
    answers = []
    node.serve({"REQUEST_METHOD": "GET"}, lambda *answer: answers.append(answer), cache_max_age=0)
    return answers[0][0], answers[0][1][:4]


def test_the_etag_of_a_served_file_stays(tmp_path: Path, old: OldLibrary) -> None:
    """Caches in front of an application stay valid when it changes libraries."""
    mounts = [{"name": "m", "protocol": "local", "base_path": str(tmp_path)}]
    ours, before = run_ours(served, mounts), old.run(served, mounts)
    assert ours[0] == before[0]
    assert ours[1][:3] == before[1][:3]
