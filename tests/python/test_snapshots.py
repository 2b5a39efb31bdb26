"""A node with a version is a snapshot: every member is about that version, and nothing changes it."""

import base64
import datetime
import io as memory
import zipfile

import pytest

from genro_storage import StoragePermissionError
from shelf import Shelf


async def test_every_member_of_a_snapshot_is_about_its_version(vault, io):
    node = vault.node("vault:snap/é.txt")
    await io(node.write_text("ürst", encoding="latin-1"))
    await io(node.write_text("second, and longer"))
    first_id = node.versions[0]["version_id"]
    await io(node.set_metadata({"state": "draft"}))  # a version of its own, but for versitygw
    for version in (0, -node.version_count, first_id):
        snapshot = vault.node("vault:snap/é.txt", version=version)
        assert await io(snapshot.read_text("latin-1")) == "ürst"
        assert await io(snapshot.read(encoding="latin-1")) == "ürst"
        assert await io(snapshot.read_bytes()) == b"\xfcrst"
        assert await io(snapshot.read("rb")) == b"\xfcrst"
        buffer = bytearray(10)
        assert await io(snapshot.read_into(buffer, 1)) == 3
        assert await io(snapshot.exists()) is True
        assert await io(snapshot.is_file()) is True
        assert await io(snapshot.is_dir()) is False
        assert await io(snapshot.size()) == 4
        assert abs(await io(snapshot.mtime()) - node.versions[0]["last_modified"].timestamp()) < 2
        assert await io(snapshot.md5hash()) == node.versions[0]["etag"]
        assert await io(snapshot.get_metadata()) == {}
        assert snapshot.ext_attributes[1:] == (4, False)
        assert await io(snapshot.get_ext_attributes()) == snapshot.ext_attributes
        assert snapshot.versions == []
        assert snapshot.version_count == 0
        capabilities = snapshot.capabilities
        assert not (capabilities.versioning)
        assert not (capabilities.version_listing)
        assert not (capabilities.version_access)
        assert snapshot.version == str(version)
        copied = vault.node("mem:copied")
        await io(snapshot.copy_to(copied))
        assert await io(copied.read_bytes()) == b"\xfcrst"
    assert await io(vault.node("vault:snap/é.txt", version=-1).get_metadata()) == {"state": "draft"}
    assert await io(vault.node("vault:snap/é.txt", version=7).exists()) is False
    with pytest.raises(IndexError):
        await io(vault.node("vault:snap/é.txt", version=7).size())
    with pytest.raises(ValueError):
        await io(vault.node("vault:snap/é.txt", version=0).children())


async def test_whatever_would_change_a_snapshot_is_refused(vault, io):
    node = vault.node("vault:fixed")
    await io(node.write_text("old"))
    await io(node.write_text("new"))
    snapshot = vault.node("vault:fixed", version=0)
    source = vault.node("mem:source")
    await io(source.write_text("source"))
    for change in (
        lambda: snapshot.write_text("x"),
        lambda: snapshot.write_bytes(b"x"),
        lambda: snapshot.write("x"),
        lambda: snapshot.write_text("old", skip_if_unchanged=True),
        lambda: snapshot.append(b"x"),
        lambda: snapshot.delete(),
        lambda: snapshot.mkdir(),
        lambda: snapshot.mkdir(exist_ok=True),
        lambda: snapshot.set_metadata({"a": "b"}),
        lambda: snapshot.move_to(vault.node("mem:moved")),
        lambda: source.copy_to(snapshot),
        lambda: source.move_to(snapshot),
    ):
        with pytest.raises(ValueError, match="Cannot write to versioned snapshot"):
            await io(change())
    with pytest.raises(PermissionError, match="does not support versioning"):
        await io(snapshot.compact_versions())
    with pytest.raises(PermissionError, match="does not support versioning"):
        await io(snapshot.compact_versions(dry_run=True))
    assert await io(node.read_text()) == "new"
    assert node.version_count == 2
    assert await io(source.read_text()) == "source"
    assert await io(vault.node("mem:moved").exists()) is False


def test_a_type_error_comes_before_the_refusal_of_a_snapshot(file, vault):
    with pytest.raises(TypeError):
        vault.node("vault:dir/a.txt", version=0).write_text(5)


def test_an_old_version_is_restored_by_writing_or_copying_it(file, vault):
    file.write(vault.node("vault:dir/a.txt", version=0).read())
    assert file.read_text() == "one"
    assert file.version_count == 4
    vault.node("vault:dir/a.txt", version=1).copy_to(file)
    assert file.read_text() == "two"
    assert file.version_count == 5
    vault.node("vault:dir/a.txt", version=2).copy_to("vault:elsewhere")
    assert vault.node("vault:elsewhere").read_text() == "three"
    vault.node("vault:dir/a.txt", version=-1).copy_to(file)  # the current one, onto itself
    assert file.read_text() == "two"


def test_a_deleted_file_is_brought_back_by_its_history(file, vault):
    file.delete()
    vault.node("vault:dir/a.txt", version=-1).copy_to(file)
    assert file.read_text() == "three"


def test_parents_and_children_of_a_snapshot_are_plain_nodes(file, vault):
    snapshot = vault.node("vault:dir/a.txt", version=0)
    assert snapshot.parent.version == ""
    assert snapshot.parent.is_dir()
    assert snapshot.child("x").version == ""
    assert snapshot.fullpath == file.fullpath


def test_a_snapshot_is_equal_to_what_has_its_content(file, vault):
    snapshot = vault.node("vault:dir/a.txt", version=0)
    assert snapshot == vault.node("vault:dir/a.txt", version=0)
    assert snapshot != file
    assert snapshot == vault.node("vault:dir/a.txt", version=file.versions[0]["version_id"])
    file.write_text("one")
    assert snapshot == file


def test_the_url_of_a_snapshot_names_its_version(file, vault):
    from urllib.request import urlopen

    with urlopen(vault.node("vault:dir/a.txt", version=0).url()) as answer:
        assert answer.read() == b"one"
    with urlopen(file.url()) as answer:
        assert answer.read() == b"three"


def test_a_version_in_a_file_name_is_part_of_the_name(vault):
    vault.node("vault:plain.txt").write_text("plain")
    version = vault.node("vault:plain.txt").versions[0]["version_id"]
    odd = vault.node(f"vault:plain.txt?versionId={version}")
    assert odd.exists() is False
    odd.write_text("odd")
    assert odd.read_text() == "odd"
    assert vault.node("vault:plain.txt").read_text() == "plain"


def test_versions_are_seen_through_relative_and_readonly_mounts(file, vault):
    vault.configure(
        [
            {"name": "sub", "path": "vault:dir"},
            {"name": "view", "path": "vault:dir", "permissions": "readonly"},
        ]
    )
    for name in ("sub", "view"):
        assert vault.node(name, "a.txt").version_count == 3
        assert vault.node(name, "a.txt", version=0).read_text() == "one"
        assert vault.node(name, "a.txt", version=0).size() == 3
        assert vault.node(name, "a.txt").open(version=1).read() == "two"
        vault.node(name, "a.txt", version=0).copy_to("vault:restored")
        assert vault.node("vault:restored").read_text() == "one"
    with pytest.raises(StoragePermissionError, match="read-only"):
        vault.node("view", "a.txt").set_metadata({"a": "b"})


async def test_archives_base64_text_and_virtual_nodes_take_a_snapshots_content(vault, io):
    node = vault.node("vault:doc.txt")
    await io(node.write_text("old\n"))
    await io(node.write_text("new\n"))
    snapshot = vault.node("vault:doc.txt", version=0)
    with zipfile.ZipFile(memory.BytesIO(await io(snapshot.zip()))) as archive:
        assert archive.namelist() == ["doc.txt"]
        assert archive.read("doc.txt") == b"old\n"
    assert base64.b64decode(await io(snapshot.to_base64(include_uri=False))) == b"old\n"
    assert await io(vault.iternode(snapshot, node).read_text()) == "old\nnew\n"
    diff = await io(vault.diffnode(snapshot, node).read_text())
    assert diff.splitlines()[-2:] == ["-old", "+new"]
    with pytest.raises(ValueError, match="Cannot write to versioned snapshot"):
        await io(vault.iternode(node).copy_to(snapshot))
    assert await io(vault.get_many([snapshot, node])) == [b"old\n", b"new\n"]
    assert node.version_count == 2


class Keeper(Shelf):
    """A shelf whose files all have one older version."""

    def get_versions(self, path):
        moment = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
        facts = {"last_modified": moment, "size": 3}
        return [
            {"version_id": "v1", "is_latest": False, "etag": "1", **facts},
            {"version_id": "v2", "is_latest": True, "etag": "2", **facts},
        ]

    def open_version(self, path, version_id, mode="rb"):
        if version_id != "v1":
            raise FileNotFoundError(version_id)
        return memory.BytesIO(b"old")


async def test_a_storage_written_in_python_restores_the_version_that_was_asked_for(storage, io):
    promised = {"versioning": True, "version_listing": True, "version_access": True, "copy_optimization": True}
    storage._mounts["kept"] = Keeper(**promised)
    node = storage.node("kept:a")
    await io(node.write_text("new"))
    assert [entry["version_id"] for entry in node.versions] == ["v1", "v2"]
    snapshot = storage.node("kept:a", version=0)
    assert await io(snapshot.read_text()) == "old"
    assert await io(snapshot.size()) == 3
    assert await io(snapshot.exists()) is True
    assert await io(storage.node("kept:a", version="v9").exists()) is False
    await io(snapshot.copy_to("kept:b"))
    assert await io(storage.node("kept:b").read_text()) == "old"
    await io(snapshot.copy_to(node))
    assert await io(node.read_text()) == "old"
