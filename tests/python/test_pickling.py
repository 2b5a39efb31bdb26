"""Nodes and managers travel as references, without secrets: to the same manager here, to a registered one elsewhere."""

import copy
import datetime
import multiprocessing
import pickle
import pickletools
import subprocess
import sys
import textwrap

import pytest

from genro_storage import StorageConfigError, StorageManager, StorageNode, StorageNotFoundError
from genro_storage.backends import Base64Backend, FsspecBackend, LocalStorage, RelativeMountBackend


@pytest.fixture(autouse=True)
def clean_registry():
    yield
    from genro_storage import registry

    registry._registered.clear()


def again(thing):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        restored = pickle.loads(pickle.dumps(thing, protocol))
    return restored


def without_its_process(pickled: bytes, manager: StorageManager) -> bytes:
    """The pickle as it is loaded in a process that never saw this manager."""
    token = manager.__dict__["_token"].encode()
    assert token in pickled
    return pickled.replace(token, b"0" * len(token))


class Tagged(StorageNode):
    def __init__(self, manager, mount_name, path, tag):
        super().__init__(manager, mount_name, path)
        self.tag = tag

    def _create_node(self, manager, mount_name, path):
        return Tagged(manager, mount_name, path, self.tag)


async def test_a_node_comes_back_with_its_manager_path_and_version(storage, io):
    await io(storage.node("mem:d/é ☕.txt").write_text("hello"))
    node = again(storage.node("mem:d/é ☕.txt"))
    assert type(node) is StorageNode
    assert node.fullpath == "mem:d/é ☕.txt"
    assert node._manager is storage
    assert await io(node.read_text()) == "hello"
    assert again(storage.node("mem:")).fullpath == "mem:"
    for version in ("some-id", 0, -1, datetime.datetime(2024, 5, 1, 12, 30, 15, 123456, tzinfo=datetime.UTC)):
        snapshot = storage.node("mem:a", version=version)
        assert again(snapshot)._selector == version == snapshot._selector
        assert again(snapshot).version == snapshot.version


def test_names_that_are_not_utf8_survive(storage):
    assert again(storage.node("home:caf\udce9")).path == "caf\udce9"


def test_a_subclass_comes_back_without_its_constructor_and_with_its_attributes(storage):
    node = Tagged(storage, "mem", "a/b", "red")
    restored = again(node)
    assert type(restored) is Tagged
    assert restored.tag == "red"
    assert restored.parent.tag == "red"
    assert restored.fullpath == "mem:a/b"


def test_a_manager_is_a_reference_to_itself(storage):
    assert again(storage) is storage
    assert copy.copy(storage) is storage
    assert copy.deepcopy({"storage": storage})["storage"] is storage
    nodes = again([storage.node("mem:a"), storage.node("home:b")])
    assert nodes[0]._manager is nodes[1]._manager is storage
    assert copy.deepcopy(storage.node("mem:a"))._manager is storage


def test_no_secret_and_no_configuration_is_in_a_pickle(storage):
    secrets = {"access_key": "the-access", "secret_key": "the-secret", "session_token": "the-token"}
    storage.add_mount(
        {"name": "s3", "protocol": "s3", "bucket": "the-bucket", "endpoint_url": "http://the-host:1", **secrets}
    )
    pickled = pickle.dumps([storage, storage.node("s3:a"), storage.node("s3:a", version="v1")])
    for private in (*secrets.values(), "the-bucket", "the-host"):
        assert private.encode() not in pickled


def test_elsewhere_the_default_manager_is_found(storage):
    pickled = without_its_process(pickle.dumps(storage.node("mem:a")), storage)
    with pytest.raises(StorageConfigError, match=r"StorageManager\.set_default"):
        pickle.loads(pickled)
    StorageManager.set_default(storage)
    assert StorageManager.get_default() is storage
    assert pickle.loads(pickled)._manager is storage
    StorageManager.set_default(None)
    StorageManager.set_default(None)
    with pytest.raises(StorageConfigError, match=r"set_default"):
        StorageManager.get_default()


def test_elsewhere_a_named_manager_is_found_only_under_its_name(storage):
    storage.register("archive")
    assert StorageManager.registered("archive") is storage
    pickled = without_its_process(pickle.dumps(storage.node("mem:a")), storage)
    assert pickle.loads(pickled)._manager is storage
    other = StorageManager()
    StorageManager.set_default(other)
    from genro_storage import registry

    registry.unregister("archive")
    with pytest.raises(StorageConfigError, match=r"'archive'.*register"):
        pickle.loads(pickled)


def test_a_name_has_to_be_one(storage):
    for wrong in ("", None, 5):
        with pytest.raises(ValueError, match="name"):
            storage.register(wrong)
    with pytest.raises(StorageConfigError, match="'nobody'"):
        StorageManager.registered("nobody")


def test_a_manager_without_the_mount_says_so(storage):
    pickled = without_its_process(pickle.dumps(storage.node("mem:a")), storage)
    StorageManager.set_default(StorageManager())
    with pytest.raises(StorageNotFoundError, match=r"Mount point 'mem' not found.*none"):
        pickle.loads(pickled)


def test_a_node_without_a_mount_cannot_be_pickled(storage):
    source = storage.node("mem:a")
    for node in (storage.node(), storage.iternode(source), storage.diffnode(source, source)):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(node)


def test_pickling_keeps_no_manager_alive(storage):
    import gc
    import weakref

    manager = StorageManager()
    pickle.dumps(manager)
    watched = weakref.ref(manager)
    del manager
    gc.collect()
    assert watched() is None


def test_a_forked_process_finds_the_manager_that_it_inherited(storage):
    node = storage.node("home:a.txt")
    node.write_text("hello")
    fork = multiprocessing.get_context("fork")
    with fork.Pool(1) as pool:
        assert pool.apply(StorageNode.read_text, (node,)) == "hello"
        assert pool.apply(StorageNode.child, (storage.node("home:"), "a.txt"))._manager is storage


def test_a_new_process_works_with_the_manager_that_it_sets_up(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "worker.py").write_text(
        textwrap.dedent(
            """
            from genro_storage import StorageManager

            def set_up(folder):
                storage = StorageManager()
                storage.configure([{"name": "home", "protocol": "local", "base_path": folder}])
                StorageManager.set_default(storage)
                return storage

            def shout(node):
                result = node.parent.child("loud.txt")
                result.write_text(node.read_text().upper())
                return result
            """
        )
    )
    (tmp_path / "main.py").write_text(
        textwrap.dedent(
            f"""
            import multiprocessing
            import worker

            if __name__ == "__main__":
                folder = {str(tmp_path / "files")!r}
                storage = worker.set_up(folder)
                node = storage.node("home:a.txt")
                node.write_text("hello")
                spawn = multiprocessing.get_context("spawn")
                with spawn.Pool(1, initializer=worker.set_up, initargs=(folder,)) as pool:
                    result = pool.apply(worker.shout, (node,))
                assert result._manager is storage
                print(result.fullpath, result.read_text())
            """
        )
    )
    done = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["home:loud.txt", "HELLO"]


def test_pickles_name_only_modules_that_stay(storage, tmp_path):
    """Other versions of this package load them."""
    folder = LocalStorage(tmp_path)
    things = [
        storage,
        storage.node("mem:a"),
        folder,
        FsspecBackend("memory"),
        Base64Backend(),
        RelativeMountBackend(folder, "part", "readonly"),
    ]
    for thing in things:
        opcodes = pickletools.genops(pickle.dumps(thing, 2))
        named = {argument.split()[0] for opcode, argument, _ in opcodes if opcode.name == "GLOBAL"}
        ours = {name for name in named if name.startswith("genro_storage")}
        assert ours
        assert not [name for name in ours if "._" in name]
    (tmp_path / "part").mkdir()
    (tmp_path / "part/a.txt").write_text("content")
    for backend, path in ((folder, "part/a.txt"), (things[-1], "a.txt")):
        assert again(backend).read_text(path) == "content"
