"""Every public name: where it comes from, its signature and defaults, its bases. Programs rely on each of them."""

from __future__ import annotations

import abc
import dataclasses
import enum
import importlib
import importlib.metadata
import importlib.resources
import inspect
import re
import typing

import pytest

import genro_storage
from genro_storage import SkipStrategy, StorageManager, StorageNode, exceptions
from genro_storage.backends import (
    Base64Backend,
    FsspecBackend,
    LocalStorage,
    RelativeMountBackend,
    StorageBackend,
)
from genro_storage.capabilities import BackendCapabilities, capability

MODULES = {
    "genro_storage": [
        "__version__", "StorageManager", "StorageNode", "SkipStrategy", "StorageConfig", "StorageError",
        "StorageNotFoundError", "StoragePermissionError", "StorageConfigError",
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

BACKEND_METHODS = {
    "exists": "(path)",
    "is_file": "(path)",
    "is_dir": "(path)",
    "size": "(path)",
    "mtime": "(path)",
    "open": "(path, mode='rb')",
    "read_bytes": "(path)",
    "read_text": "(path, encoding='utf-8')",
    "write_bytes": "(path, data)",
    "write_text": "(path, text, encoding='utf-8')",
    "delete": "(path, recursive=False)",
    "list_dir": "(path)",
    "mkdir": "(path, parents=False, exist_ok=False)",
    "copy": "(src_path, dest_backend, dest_path)",
    "get_hash": "(path)",
    "get_metadata": "(path)",
    "set_metadata": "(path, metadata)",
    "get_versions": "(path)",
    "open_version": "(path, version_id, mode='rb')",
    "delete_version": "(path, version_id)",
    "url": "(path, expires_in=3600, **kwargs)",
    "internal_url": "(path, nocache=False)",
    "resolved_path": "(path)",
    "local_path": "(path, mode='r')",
    "ext_attributes": "(path)",
    "close": "()",
}
ABSTRACT = set(list(BACKEND_METHODS)[:14])


def parameters(function):
    """Its signature as text, without self, annotations and keyword-only extensions that have a default."""
    signature = inspect.signature(function)
    shown = []
    for parameter in list(signature.parameters.values())[1:]:
        star = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        shown.append((parameter.kind, f"{star}{parameter.name}{default}"))
    return shown


def assert_signature(function, expected):
    wanted = expected.strip("()")
    shown = [text for _, text in parameters(function)]
    if ", ".join(shown) != wanted:  # further keyword-only parameters with defaults take nothing away
        kept = [
            text
            for kind, text in parameters(function)
            if kind is not inspect.Parameter.KEYWORD_ONLY or text in wanted or "=" not in text
        ]
        assert ", ".join(kept) == wanted


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


@pytest.mark.parametrize("name", BACKEND_METHODS)
@pytest.mark.parametrize(
    "backend",
    [StorageBackend, LocalStorage, Base64Backend, FsspecBackend, RelativeMountBackend],
    ids=lambda b: b.__name__,
)
def test_a_method_of_a_backend_has_its_parameters(backend, name):
    method = getattr(backend, name)
    assert_signature(method, BACKEND_METHODS[name])
    assert not inspect.iscoroutinefunction(method)
    assert inspect.getdoc(method)


def test_the_constructors_of_backends():
    assert_signature(LocalStorage.__init__, "(path, base_url=None)")
    assert_signature(Base64Backend.__init__, "()")
    assert_signature(RelativeMountBackend.__init__, "(parent_backend, relative_path, permissions='delete')")
    assert_signature(FsspecBackend.__init__, "(protocol, base_path='', **filesystem_options)")
    assert all(
        issubclass(backend, StorageBackend)
        for backend in (LocalStorage, Base64Backend, FsspecBackend, RelativeMountBackend)
    )


def test_permission_levels():
    from genro_storage.backends.relative import PermissionLevel

    assert typing.get_args(PermissionLevel) == ("readonly", "readwrite", "delete")


def test_the_abstract_class_asks_for_exactly_these_methods():
    assert issubclass(StorageBackend, abc.ABC)
    assert StorageBackend.__abstractmethods__ == ABSTRACT
    with pytest.raises(TypeError):
        StorageBackend()
    for missing in ABSTRACT:
        namespace = {name: lambda self, *args: None for name in ABSTRACT - {missing}}
        with pytest.raises(TypeError, match=missing):
            type("Partial", (StorageBackend,), namespace)()


def minimal(**namespace):
    return type("MinimalBackend", (StorageBackend,), {name: lambda *a, **k: None for name in ABSTRACT} | namespace)


def test_the_defaults_of_the_abstract_class():
    backend = minimal()()
    assert backend.get_hash("a") is None
    assert backend.get_metadata("a") == {}
    assert backend.get_versions("a") == []
    assert backend.url("a") is None
    assert backend.url("a", 5, anything=1) is None
    assert backend.internal_url("a", nocache=True) is None
    assert backend.resolved_path("a") is None
    assert backend.close() is None
    with pytest.raises(PermissionError):
        backend.set_metadata("a", {})
    with pytest.raises(PermissionError, match="does not support versioning"):
        backend.open_version("a", "1")
    with pytest.raises(PermissionError, match="does not support version deletion"):
        backend.delete_version("a", "1")


def test_local_path_of_the_abstract_class_needs_a_hook(tmp_path):
    manager = minimal()().local_path("a")
    with pytest.raises(NotImplementedError):
        manager.__enter__()
    with minimal(_get_local_path=lambda self, path, mode: tmp_path / path)().local_path("a") as path:
        assert path == str(tmp_path / "a")


def test_ext_attributes_are_put_together_from_the_single_questions():
    answers = {"exists": True, "is_dir": False, "size": 7, "mtime": 1.5}
    methods = {name: lambda self, path, name=name: answers[name] for name in answers}
    backend = minimal(**methods)()
    assert backend.ext_attributes("a") == (1.5, 7, False)
    answers["is_dir"] = True
    assert backend.ext_attributes("a") == (1.5, None, True)
    answers["exists"] = False
    assert backend.ext_attributes("a") == (None, None, False)


def test_capabilities_are_declared_by_table_and_by_decorator():
    def method(self):
        return "unchanged"

    assert capability("metadata")(method) is method

    class ThingBackend(minimal()):
        PROTOCOL_CAPABILITIES: typing.ClassVar = {"thing": {"read"}}

        @capability("write", "delete")
        def write_bytes(self, path, data):
            return None

    assert ThingBackend.get_capabilities() == {"read", "write", "delete"}
    assert ThingBackend.get_json_info()["backend"] == "thing"
    assert ThingBackend().capabilities == BackendCapabilities(
        **{field.name: field.name in {"read", "write", "delete"} for field in dataclasses.fields(BackendCapabilities)}
    )

    class OtherStorage(ThingBackend):
        _default_protocol = "other"

        @capability("metadata")
        def get_metadata(self, path):
            return {}

    assert OtherStorage.get_capabilities("thing") == {"read", "write", "delete"}
    assert OtherStorage.get_capabilities("other") == {"metadata"}
    assert {"thing": {"read", "write", "delete"}} == ThingBackend.PROTOCOL_CAPABILITIES
    with pytest.raises(ValueError, match="multiple protocols"):
        OtherStorage.get_capabilities()
    with pytest.raises(ValueError, match="Unknown protocol"):
        OtherStorage.get_capabilities("none")
    with pytest.raises(ValueError, match="multiple protocols"):
        minimal().get_capabilities()
    assert minimal()().capabilities == BackendCapabilities()


def test_a_backend_may_answer_for_its_capabilities_itself():
    promised = BackendCapabilities(metadata=True)
    assert minimal(capabilities=property(lambda self: promised))().capabilities is promised


def test_the_description_of_a_backend():
    info = LocalStorage.get_json_info()
    assert list(info) == ["backend", "schema", "capabilities", "description"]
    assert set(info["capabilities"]) == {field.name for field in dataclasses.fields(BackendCapabilities)}
    assert list(info["schema"]) == ["fields"]


def test_backend_capabilities_are_a_frozen_value():
    fields = {field.name: field.default for field in dataclasses.fields(BackendCapabilities)}
    assert list(fields.items()) == [
        ("read", True), ("write", True), ("delete", True), ("mkdir", True), ("list_dir", True),
        ("versioning", False), ("version_listing", False), ("version_access", False), ("metadata", False),
        ("presigned_urls", False), ("public_urls", False), ("atomic_operations", True), ("symbolic_links", False),
        ("copy_optimization", False), ("hash_on_metadata", False), ("append_mode", True), ("seek_support", True),
        ("readonly", False), ("temporary", False),
    ]  # fmt: skip
    one = BackendCapabilities(versioning=True)
    assert one == BackendCapabilities(versioning=True)
    assert hash(one) == hash(BackendCapabilities(versioning=True))
    assert len({one, BackendCapabilities(), BackendCapabilities()}) == 2
    assert one != "versioning"
    assert one != vars(one)
    assert repr(one).startswith("BackendCapabilities(")
    assert "versioning=True" in repr(one)
    with pytest.raises(AttributeError):
        one.read = False


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
    assert str(BackendCapabilities()) == "basic file operations"
    everything = BackendCapabilities(**dict.fromkeys((f.name for f in dataclasses.fields(BackendCapabilities)), True))
    assert str(everything) == (
        "versioning, metadata, presigned URLs, server-side copy, fast hashing, symbolic links, read-only, "
        "temporary storage"
    )


# Which mount promises what.
COMMON = "read write delete mkdir list_dir atomic_operations copy_optimization append_mode seek_support"
PROMISES = {
    "home": COMMON,
    "mem": f"{COMMON} temporary",
    "b64": "read public_urls seek_support readonly",
}


@pytest.mark.parametrize("mount", PROMISES)
def test_the_capabilities_of_a_mount(storage, mount):
    found = storage.node(mount, "").capabilities
    assert {name for name, value in vars(found).items() if value} == set(PROMISES[mount].split())
    assert storage._mounts[mount].capabilities == found
    kind = type(storage._mounts[mount])
    protocol = {"home": "local", "mem": "memory", "b64": "base64"}[mount]
    assert kind.get_capabilities(protocol) == set(PROMISES[mount].split())
