"""The classes of backends as those who subclass or construct them know them: methods, defaults, capabilities."""

from __future__ import annotations

import abc
import dataclasses
import inspect
import typing

import pytest

from genro_storage.backends import (
    Base64Backend,
    FsspecBackend,
    LocalStorage,
    RelativeMountBackend,
    StorageBackend,
)
from genro_storage.capabilities import BackendCapabilities, capability
from signatures import assert_signature

# The parameters with their defaults, as the contract between this package and its users.
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
