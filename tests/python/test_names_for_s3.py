"""Local names that no key of S3 can be: they are told, each by itself, and everything else is copied."""

import os

import pytest

from genro_storage.exceptions import StoragePathError, StorageValueError

BAD = os.fsdecode(b"caf\xe9")


@pytest.fixture(params=["minio", "versitygw"])
def far(request, storage, s3_config):
    storage.add_mount(s3_config("far", request.param))
    yield "far"
    storage.node("far:").delete()


def fill(root):
    (root / "t/sub").mkdir(parents=True)
    (root / "t" / BAD).mkdir()
    for name in ("a", "z", f"sub/{BAD}", "sub/b", f"{BAD}/inside", f"y{BAD}"):
        (root / "t" / name).write_bytes(name.encode("utf-8", "surrogateescape"))
    return {f"t/{BAD}/inside", f"t/sub/{BAD}", f"t/y{BAD}"}


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


async def test_a_copy_of_their_folder_brings_the_others(storage, far, io, home):
    bad = fill(home)
    told = []
    await io(storage.node("home:t").copy_to("far:t", on_error=lambda node, error: told.append((node.path, error))))
    assert {path for path, _ in told} == bad
    assert all(isinstance(error, StorageValueError) and "must be UTF-8" in str(error) for _, error in told)
    for name in ("a", "z", "sub/b"):
        assert await io(storage.node("far:t", name).read_bytes()) == name.encode()


async def test_a_listener_is_told_the_reason(storage, far, io, home):
    bad = fill(home)
    skipped = {}
    await io(storage.node("home:t").copy_to("far:t", on_skip=lambda node, why: skipped.update({node.path: why})))
    assert skipped == dict.fromkeys(bad, "the key of an object must be UTF-8")


async def test_a_move_of_their_folder_leaves_them_where_they_are(storage, far, io, home):
    bad = fill(home)
    await io(storage.node("home:t").move_to("far:t", on_error=lambda *_: None))
    left = {str(path.relative_to(home)) for path in (home / "t").rglob("*") if path.is_file()}
    assert left == bad
    assert await io(storage.node("far:t/sub/b").read_bytes()) == b"sub/b"


async def test_by_themselves_they_are_refused(storage, far, io, home):
    (home / BAD).write_bytes(b"x")
    node = storage.node(far, BAD)
    for call in (
        lambda: storage.node("home", BAD).copy_to(node),
        lambda: storage.node("home", BAD).move_to(node),
        lambda: node.write_bytes(b"x"),
        node.read_bytes,
        node.delete,
        node.url,
    ):
        with pytest.raises(StoragePathError, match="must be UTF-8"):
            await io(call())
    assert await io(node.exists()) is False
    assert (home / BAD).read_bytes() == b"x"
