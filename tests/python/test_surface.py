"""Every public name: where it comes from, its signature and defaults, its bases. Programs rely on each of them."""

from __future__ import annotations

import enum
import gc
import importlib
import importlib.metadata
import importlib.resources
import inspect
import os
import re
import subprocess
import sys
import weakref

import pytest

import genro_storage
from genro_storage import SkipStrategy, StorageManager, StorageNode, exceptions
from signatures import assert_signature, parameters

MODULES = {
    "genro_storage": [
        "__version__", "StorageManager", "StorageNode", "SkipStrategy", "StorageConfig", "StorageError",
        "StorageNotFoundError", "StoragePermissionError", "StorageConfigError", "Diagnosis", "Finding",
    ],
    "genro_storage.manager": ["StorageManager", "HAS_YAML", "HAS_CRYPTOGRAPHY"],
    "genro_storage.node": ["StorageNode", "SkipStrategy"],
    "genro_storage.exceptions": [
        "StorageError", "StorageNotFoundError", "StoragePermissionError", "StorageConfigError",
    ],
    "genro_storage.capabilities": ["BackendCapabilities", "capability"],
    "genro_storage.backends": [
        "StorageBackend", "LocalStorage", "FsspecBackend", "Base64Backend", "RelativeMountBackend",
    ],
    "genro_storage.backends.base": ["StorageBackend"],
    "genro_storage.backends.local": ["LocalStorage"],
    "genro_storage.backends.base64": ["Base64Backend"],
    "genro_storage.backends.relative": ["RelativeMountBackend", "PermissionLevel"],
    "genro_storage.backends.fsspec": ["FsspecBackend"],
    "genro_storage.storage_grammar": ["StorageConfig", "StorageGrammar", "Permissions"],
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_its_names(name):
    module = importlib.import_module(name)
    for member in MODULES[name]:
        assert hasattr(module, member), member


@pytest.mark.parametrize("name", ["genro_storage", "genro_storage.backends"])
def test_the_packages_export_exactly_these(name):
    assert set(importlib.import_module(name).__all__) == set(MODULES[name])


def test_one_pair_of_classes_serves_both_worlds():
    for name in ("AsyncStorageManager", "AsyncStorageNode"):
        assert not hasattr(genro_storage, name)
    for name in ("providers", "decorators", "utils"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(f"genro_storage.{name}")


def test_the_package_needs_nothing_but_python():
    folder = os.path.dirname(os.path.dirname(os.path.abspath(genro_storage._core.__file__)))
    code = (
        f"import sys; sys.path[:0] = {[os.path.dirname(genro_storage.__path__[0]), folder]!r}\n"
        "import genro_storage, genro_storage.backends.fsspec\n"
        "storage = genro_storage.StorageManager()\n"
        "storage.configure([{'name': 'm', 'protocol': 'memory'}])\n"
        "storage.node('m:a').write_text('works')\n"
        "print(storage.node('m:a').read_text(), *[n for n in sys.modules if n.split('.')[0] in "
        "('fsspec', 'yaml', 'boto3', 'genro_toolbox', 'cryptography')])"
    )
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout.split(), run.stderr) == (["works"], "")


def test_importing_the_package_stays_light():
    """What else is needed is imported when it is first used: a program of the command line pays for each module."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(genro_storage._core.__file__)))
    code = (
        f"import sys; sys.path[:0] = {[os.path.dirname(genro_storage.__path__[0]), folder]!r}\n"
        "before = set(sys.modules)\n"
        "import genro_storage\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    modules = run.stdout.split()
    ours = {name for name in modules if name.startswith("genro_storage")}
    assert len(ours) <= 10, ours
    assert len(modules) - len(ours) <= 26, set(modules) - ours
    assert not {"asyncio", "typing", "re", "inspect", "dataclasses", "datetime", "logging", "subprocess"} & set(modules)


def test_the_package_is_typed_and_tells_its_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", genro_storage.__version__)
    assert importlib.resources.files("genro_storage").joinpath("py.typed").is_file()
    assert genro_storage.manager.HAS_YAML is True
    assert genro_storage.manager.HAS_CRYPTOGRAPHY is True


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("StorageError", (Exception,)),
        ("StorageNotFoundError", (exceptions.StorageError, FileNotFoundError)),
        ("StoragePermissionError", (exceptions.StorageError, PermissionError)),
        ("StorageConfigError", (exceptions.StorageError, ValueError)),
    ],
)
def test_an_exception_has_its_bases_and_takes_one_message(name, bases):
    error = getattr(exceptions, name)
    assert error.__bases__ == bases
    assert str(error("the message")) == "the message"
    assert getattr(genro_storage, name) is error


def test_skip_strategies():
    assert SkipStrategy.__bases__ == (str, enum.Enum)
    assert [(member.name, member.value) for member in SkipStrategy] == [
        (name.upper(), name) for name in ("never", "exists", "size", "hash", "custom")
    ]
    assert SkipStrategy("hash") is SkipStrategy.HASH
    assert SkipStrategy.SIZE == "size"
    assert str(SkipStrategy.HASH) == "SkipStrategy.HASH"


# The parameters with their defaults, as the contract between this package and its users.
NODE_METHODS = {
    "exists": "()",
    "is_file": "()",
    "is_dir": "()",
    "size": "()",
    "mtime": "()",
    "md5hash": "()",
    "read": "(mode='r', encoding='utf-8')",
    "read_text": "(encoding='utf-8')",
    "read_bytes": "()",
    "write": "(data, mode='w', encoding='utf-8', skip_if_unchanged=False, encrypted=None)",
    "write_text": "(text, encoding='utf-8', skip_if_unchanged=False, encrypted=None)",
    "write_bytes": "(data, skip_if_unchanged=False, encrypted=None)",
    "delete": "()",
    "copy_to": "(dest, include=None, exclude=None, filter=None, skip='never', skip_fn=None, progress=None, "
    "on_file=None, on_skip=None)",
    "children": "()",
    "mkdir": "(parents=False, exist_ok=False)",
    "open": "(mode='r', version=None, as_of=None)",
    "move_to": "(dest)",
    "extend": "(*nodes)",
    "zip": "()",
    "child": "(*parts)",
    "splitext": "()",
    "local_path": "(mode='r')",
    "call": "(*args, callback=None, async_mode=False, return_output=False, **subprocess_kwargs)",
    "serve": "(environ, start_response, download=False, download_name=None, cache_max_age=None)",
    "get_metadata": "()",
    "set_metadata": "(metadata)",
    "url": "(expires_in=3600, **kwargs)",
    "internal_url": "(nocache=False)",
    "compact_versions": "(dry_run=False)",
    "fill_from_url": "(url, timeout=30)",
    "to_base64": "(mime=None, include_uri=True)",
    "_create_node": "(manager, mount_name, path)",
}

MANAGER_METHODS = {
    "node": "(mount_or_path=None, *path_parts, version=None)",
    "configure": "(source, storage_key=None)",
    "add_mount": "(config)",
    "mount": "(name, backend)",
    "delete_mount": "(name)",
    "get_mount_names": "()",
    "has_mount": "(name)",
    "iternode": "(*nodes)",
    "diffnode": "(node1, node2)",
    "set_encryption_keys": "(keys)",
    "mount_default_encrypted": "(name)",
    "encrypt": "(data, domain=None)",
    "decrypt": "(data)",
}


@pytest.mark.parametrize("name", NODE_METHODS)
def test_a_method_of_a_node_has_its_parameters(name):
    method = getattr(StorageNode, name)
    assert_signature(method, NODE_METHODS[name])
    assert not inspect.iscoroutinefunction(method)
    assert method.__doc__
    assert method.__name__ == name


@pytest.mark.parametrize("name", MANAGER_METHODS)
def test_a_method_of_a_manager_has_its_parameters(name):
    method = getattr(StorageManager, name)
    assert_signature(method, MANAGER_METHODS[name])
    assert not inspect.iscoroutinefunction(method)
    assert method.__doc__


def test_append_takes_a_node_or_data():
    assert len(parameters(StorageNode.append)) >= 1
    assert StorageNode.append.__doc__
    storage = StorageManager()
    storage.add_mount({"name": "m", "protocol": "memory"})
    joined = storage.iternode()
    for wrong in ({}, {"node": joined, "data": joined}):
        with pytest.raises(TypeError):
            joined.append(**wrong)
    node = storage.node("m:appended")
    node.write_text("one")
    node.append(data=" two")
    joined.append(node=node)
    assert joined.read() == "one two"


def test_a_node_takes_attributes_and_stands_in_for_its_methods():
    storage = StorageManager()
    storage.add_mount({"name": "m", "protocol": "memory"})
    for node in (storage.node("m:a"), storage.node("m:d").child("e"), storage.iternode()):
        assert vars(node) == {}
        node.label = "mine"
        node.exists = lambda: "patched"
        assert (node.label, node.exists()) == ("mine", "patched")
        assert not hasattr(storage.node("m:a"), "label")
        del node.exists
        assert node.exists() is False
        for name in ("fullpath", "basename", "versions", "ext_attributes"):
            with pytest.raises(AttributeError):
                setattr(node, name, "x")
    node = storage.node("m:a")
    node.itself = node
    gone = weakref.ref(node)
    del node
    gc.collect()
    assert gone() is None
    for _ in range(100):  # what nodes were made of is used again: nothing of a former one is left
        storage.node("m:a").label = "x"
        assert vars(storage.node("m:b")) == {}


@pytest.mark.parametrize("path", ["a", "it's", 'the "one"', "back\\slash", "café ☕", "d/{}%s"])
def test_the_repr_of_a_node_is_its_address_as_it_stands(path):
    storage = StorageManager()
    storage.add_mount({"name": "m", "protocol": "memory"})
    assert repr(storage.node("m", path)) == f"StorageNode('m:{path}')"


def test_the_repr_of_a_node_garbles_no_log():
    storage = StorageManager()
    storage.add_mount({"name": "m", "protocol": "memory"})
    assert repr(storage.node("m:a\nERROR\x1b[2J")) == r"StorageNode('m:a\nERROR\x1b[2J')"


@pytest.mark.parametrize(
    "name",
    [
        "fullpath",
        "path",
        "resolved_path",
        "basename",
        "stem",
        "suffix",
        "ext",
        "parent",
        "dirname",
        "ext_attributes",
        "mimetype",
        "capabilities",
        "versions",
        "version_count",
    ],
)
def test_a_property_of_a_node_is_one(name):
    member = inspect.getattr_static(StorageNode, name)
    assert inspect.isdatadescriptor(member)
    assert inspect.getdoc(member)


@pytest.mark.parametrize("name", ["encryption_active", "encryption_domains"])
def test_a_property_of_a_manager_is_one(name):
    assert inspect.isdatadescriptor(inspect.getattr_static(StorageManager, name))


def test_the_constructors():
    assert_signature(StorageManager.__init__, "()")
    assert not inspect.signature(StorageManager).parameters  # frameworks that inject one ask for it

    class Configured(StorageManager):
        def __init__(self, source):
            super().__init__()
            self.configure(source)

    assert list(inspect.signature(Configured).parameters) == ["source"]
    assert Configured([{"name": "m", "protocol": "memory"}]).get_mount_names() == ["m"]
    assert str(inspect.signature(StorageNode)) == "(manager, mount_name, path, version=None)"
    with pytest.raises(TypeError):
        StorageManager(5)
    storage = StorageManager()
    storage.add_mount({"name": "m", "protocol": "memory"})
    node = StorageNode(manager=storage, mount_name="m", path="a", version=None)
    assert node.fullpath == "m:a"
    assert StorageNode(storage, "m", "a").fullpath == "m:a"
    with pytest.raises(KeyError):
        StorageNode(storage, "none", "a")


def test_class_attributes_of_the_manager():
    assert StorageManager.ENVELOPE_PREFIX == b"#GNRE1:"
    assert StorageManager.ENVELOPE_MAX_HEADER == 128
    assert StorageManager.DOMAIN_PATTERN.match("ok")
    assert StorageManager.grammar.__name__ == "StorageGrammar"


def test_no_attribute_of_a_manager_hints_at_keys():
    names = [name for name in dir(StorageManager()) if "key" in name.lower()]
    assert names == ["set_encryption_keys"]
