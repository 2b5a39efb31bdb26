"""compact_versions(): repeated contents go from the history, and what a reader sees stays."""

import inspect

import pytest

from genro_storage import StorageNode


def test_compaction_removes_what_repeats_the_version_before(vault):
    node = vault.node("vault:compact")
    for text in "AABBA":
        node.write_text(text)
    ids = [entry["version_id"] for entry in node.versions]
    assert node.compact_versions(dry_run=True) == 2
    assert node.version_count == 5
    assert node.compact_versions() == 2
    assert [entry["version_id"] for entry in node.versions] == [ids[0], ids[2], ids[4]]
    assert node.compact_versions() == 0
    assert node.read_text() == "A"


def test_compaction_never_changes_what_a_reader_sees(vault):
    node = vault.node("vault:steady")
    for text in "XAAA":
        node.write_text(text)
    assert node.compact_versions() == 2
    assert node.read_text() == "A"
    assert [entry["is_latest"] for entry in node.versions] == [False, True]
    assert [vault.node("vault:steady", version=index).read_text() for index in range(2)] == ["X", "A"]


def test_compaction_keeps_a_current_version_that_differs_in_metadata(vault, server):
    node = vault.node("vault:described")
    node.write_text("A")
    node.set_metadata({"state": "final"})
    assert node.version_count == (1 if server == "versitygw" else 2)
    assert node.compact_versions(dry_run=True) == 0
    assert node.compact_versions() == 0
    assert node.get_metadata() == {"state": "final"}


def test_compaction_does_not_look_across_a_deletion(vault, server):
    node = vault.node("vault:twice")
    node.write_text("A")
    node.delete()
    node.write_text("A")
    assert node.compact_versions() == 0
    assert node.read_text() == "A"
    node.delete()
    if server != "versitygw":  # which lists deletions apart from versions, and with the times of something else
        assert node.compact_versions() == 0
    assert node.exists() is False


def test_less_than_two_versions_leave_nothing_to_compact(vault):
    node = vault.node("vault:single")
    assert node.compact_versions() == 0
    node.write_text("A")
    assert node.compact_versions() == 0
    plain = vault.node("plain:single")
    plain.write_text("A")
    plain.write_text("A")
    assert plain.compact_versions() == 0
    plain.delete()


async def test_every_refused_deletion_is_a_warning_and_counts_not(vault, io):
    node = vault.node("vault:kept")
    for _ in range(3):
        await io(node.write_text("A"))
    for level in ("readonly", "readwrite"):
        vault.add_mount({"name": level, "path": "vault:", "permissions": level})
        assert await io(vault.node(level, "kept").compact_versions(dry_run=True)) == 2
        with pytest.warns(RuntimeWarning, match="was not deleted.*permission") as caught:
            assert await io(vault.node(level, "kept").compact_versions()) == 0
        assert len(caught) == 2
    assert node.version_count == 3
    vault.add_mount({"name": "delete", "path": "vault:", "permissions": "delete"})
    assert await io(vault.node("delete", "kept").compact_versions()) == 2


def test_names_and_kinds_of_the_members():
    for name in ("list_versions", "count_versions", "get_ext_attributes", "equals", "compact_versions"):
        assert not inspect.iscoroutinefunction(getattr(StorageNode, name))
    assert list(inspect.signature(StorageNode.compact_versions).parameters) == ["self", "dry_run"]
    assert list(inspect.signature(StorageNode.set_metadata).parameters) == ["self", "metadata"]
    for name in ("versions", "version_count", "ext_attributes"):
        assert inspect.isdatadescriptor(getattr(StorageNode, name))
