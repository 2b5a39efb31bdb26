"""Classes that derive from StorageNode: every node made from one of theirs is made by their own hook."""

from __future__ import annotations

import pytest

from genro_storage import StorageManager, StorageNode
from shelf import Shelf


class Tagged(StorageNode):
    """A node with one more constructor argument, an attribute, and overridden methods."""

    def __init__(self, manager, mount_name, path, version=None, *, tag):
        super().__init__(manager, mount_name, path, version)
        self.tag = tag

    def _create_node(self, manager, mount_name, path):
        return Tagged(manager, mount_name, path, tag=self.tag)

    def exists(self):
        return super().exists()

    def read_text(self, encoding="utf-8"):
        return f"{self.tag}: {super().read_text(encoding)}"


def test_derived_nodes_make_derived_nodes():
    storage = StorageManager()
    storage._mounts["shelf"] = shelf = Shelf()
    shelf.files.update({"a/b": b"text", "a/c": b""})
    node = Tagged(storage, "shelf", "a/b", tag="blue")
    assert node.exists() is True
    assert node.read_text() == "blue: text"
    for made in (node.parent, node.parent.child("c"), *node.parent.children()):
        assert type(made) is Tagged
        assert made.tag == "blue"
    copied = []
    node.parent.copy_to("shelf:z", on_file=copied.append)
    assert [type(made) for made in copied] == [Tagged, Tagged]
    assert repr(node) == "StorageNode('shelf:a/b')"
    assert Tagged(storage, "shelf", "a/b/", tag="x").parent.path == "a"
    assert type(storage.node("shelf:a/b")) is StorageNode
    with pytest.raises(KeyError):
        Tagged(storage, "nope", "a", tag="x")
