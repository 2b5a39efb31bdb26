"""Nodes are made of what dropped ones leave behind: nothing of those may show."""

import gc
import sys
import threading
import weakref

import pytest

import genro_storage
from genro_storage import StorageManager, StorageNode
from genro_storage.exceptions import StorageNotFoundError
from shelf import Shelf


def test_a_node_made_after_another_was_dropped_is_the_one_asked_for(storage, tmp_path):
    storage.configure([{"name": "disk", "protocol": "local", "base_path": str(tmp_path)}])
    addresses = ["mem:a", "mem:a/b/c.txt", "disk:x", "mem:" + "y" * 400, "disk:", "mem:", "mem:z", "disk:q/r", "mem:ä"]
    gc.collect()
    gc.disable()  # what else lies about shall not go between the two counts
    try:
        references = [sys.getrefcount(storage), sys.getrefcount(StorageNode)]
        for address in addresses * 3:
            node = storage.node(address)
            assert node.fullpath == address
            assert type(node) is StorageNode
            del node
        assert references == [sys.getrefcount(storage), sys.getrefcount(StorageNode)]
    finally:
        gc.enable()


def test_nodes_that_live_at_the_same_time_are_apart(storage):
    for _ in range(3):
        nodes = [storage.node(f"mem:{i}") for i in range(100)]
        assert [node.path for node in nodes] == [str(i) for i in range(100)]
        assert len({id(node) for node in nodes}) == 100
        del nodes


def test_a_media_type_goes_with_its_node(storage):
    node = storage.node("mem:a.txt")
    node.mimetype = "text/x-own"
    del node
    assert storage.node("mem:a.txt").mimetype == "text/plain"


def test_a_weak_reference_does_not_see_the_next_node(storage):
    told = []
    node = storage.node("mem:a")
    seen = weakref.ref(node, told.append)
    del node
    following = storage.node("mem:b")
    assert seen() is None
    assert told == [seen]
    assert weakref.ref(following)() is following


async def test_an_operation_keeps_the_node_that_it_began_with(storage, io, tmp_path):
    storage.configure([{"name": "disk", "protocol": "local", "base_path": str(tmp_path)}])
    (tmp_path / "a").write_bytes(b"a" * 3_000_000)
    (tmp_path / "b").write_bytes(b"b")
    first = storage.node("disk:a").read_bytes()  # in a loop nothing has been read yet
    second = storage.node("disk:b").read_bytes()
    assert await io(second) == b"b"
    assert await io(first) == b"a" * 3_000_000


def test_a_subclass_keeps_its_own_attributes_and_its_end(storage):
    ended = []

    class Named(StorageNode):
        def __init__(self, manager, mount_name, path, version=None):
            super().__init__(manager, mount_name, path, version)
            self.label = path

        def __del__(self):
            ended.append(self.label)

    for name in ("a", "b"):
        node = Named(storage, "mem", name)
        assert node.label == name
        assert node.__dict__ == {"label": name}
        del node
    assert ended == ["a", "b"]
    assert not hasattr(storage.node("mem:c"), "label")


def test_a_finalizer_that_is_put_on_the_class_runs_once_for_each(storage, monkeypatch):
    ended, kept = [], []

    def end(node):
        ended.append(node.path)
        if node.path == "again":
            kept.append(node)

    monkeypatch.setattr(StorageNode, "__del__", end, raising=False)
    for name in ("a", "b", "again", "c"):
        storage.node("mem:" + name)
    assert ended == ["a", "b", "again", "c"]
    assert kept[0].path == "again"
    kept.clear()
    assert ended == ["a", "b", "again", "c"]
    monkeypatch.undo()
    assert storage.node("mem:d").path == "d"


def test_a_mount_that_was_deleted_or_replaced_is_not_held(storage):
    def is_dropped(change):
        backend = Shelf()
        gone = weakref.ref(backend)
        storage._mounts["shelf"] = backend
        del backend
        node = storage.node("shelf:a")
        storage.node("shelf:b").exists()
        change()
        storage.node("mem:x").exists()
        held = gone() is not None
        del node
        storage.node("mem:x").exists()  # the next call releases what the engine let go of
        gc.collect()
        return held and gone() is None

    assert is_dropped(lambda: storage.delete_mount("shelf"))
    assert is_dropped(lambda: storage.configure([{"name": "shelf", "protocol": "memory"}]))
    assert storage.node("shelf:a").capabilities.readonly is False
    storage.delete_mount("shelf")
    with pytest.raises(StorageNotFoundError):
        storage.node("shelf:a")


def test_a_dropped_manager_goes_with_its_nodes(storage):
    manager = StorageManager()
    manager.configure([{"name": "mem", "protocol": "memory"}])
    gone = weakref.ref(manager)
    node = manager.node("mem:a")
    manager.node("mem:b").exists()
    del manager
    assert gone() is not None
    assert node.path == "a"
    del node
    assert gone() is None


def test_the_collector_finds_nodes_in_cycles(storage):
    class Holder(StorageManager):
        pass

    manager = Holder()
    manager.configure([{"name": "mem", "protocol": "memory"}])
    manager.node("mem:before")
    manager.held = [manager.node("mem:a"), manager.node("mem:b")]
    gone = weakref.ref(manager)
    del manager
    gc.collect()
    assert gone() is None
    assert storage.node("mem:c").path == "c"


def test_threads_that_make_and_drop_nodes_of_one_manager_see_their_own(storage):
    wrong = []

    def work(number):
        for i in range(3000):
            path = f"dropped/{number}/{i % 7}"
            node = storage.node("mem:" + path)
            node.write_bytes(path.encode())
            if node.path != path or storage.node("mem:" + path).read_bytes() != path.encode():
                wrong.append(path)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


def test_the_class_of_nodes_cannot_be_one_with_slots():
    class Wide(genro_storage._core.Node):
        __slots__ = ("more",)

    with pytest.raises(TypeError, match="no slots"):
        genro_storage._core._set_node_class(Wide)
