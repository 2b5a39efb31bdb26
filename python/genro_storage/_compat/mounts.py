"""The mounts of a manager as a mapping of backend objects, and the way from a node to its backend and back."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, cast
from weakref import WeakValueDictionary

from .. import _core
from ..backends.base import StorageBackend
from .base64 import Base64Backend
from .engine import EngineBackend, mountable
from .fsspec import FsspecBackend
from .local import LocalStorage
from .relative import PermissionLevel, RelativeMountBackend

__all__ = ["Mounts", "backend_of"]

# By the mount's address: an object here keeps its mount alive, so that no other one can get the same.
_known: WeakValueDictionary[int, StorageBackend] = WeakValueDictionary()

# Protocols whose backend objects are of a class of their own; all others are FsspecBackends.
_CLASSES: dict[str, type[EngineBackend]] = {"local": LocalStorage, "base64": Base64Backend}


def _over(root: _core.Node) -> StorageBackend:
    kind, detail, below = _core._mount_layer(root)
    if kind in _CLASSES:
        return _CLASSES[kind]._over(root)
    if kind not in ("permissions", "prefix"):
        return FsspecBackend._over_mount(root, kind, detail)
    permissions: PermissionLevel = "delete"
    if kind == "permissions":
        permissions = cast("PermissionLevel", detail)
        detail = ""
        inner = _core._mount_layer(below)
        if inner[0] == "prefix":  # one relative mount with a level of its own
            _, detail, below = inner
    return RelativeMountBackend._over(root, backend_of(below), detail, permissions)


def backend_of(node: _core.Node) -> Any:
    """The backend object of a node's mount: the one that was mounted, or one that stands for the engine's."""
    kind, _, backend = _core._mount_layer(node)
    if kind == "python":
        return backend
    key = _core._mount_id(node)
    known = _known.get(key)
    if known is None:
        known = _known.setdefault(key, _over(_core._node_at(node, "")))
    return known


class Mounts(MutableMapping[str, Any]):
    """A manager's mounts by name: live. Setting one mounts a backend object, deleting one forgets it."""

    def __init__(self, manager: _core.Manager) -> None:
        self._manager = manager

    def __getitem__(self, name: str) -> Any:
        if not self._manager.has_mount(name):
            raise KeyError(name)
        return backend_of(self._manager.node(name))

    def __setitem__(self, name: str, backend: Any) -> None:
        _core._mount_backend(self._manager, name, mountable(backend))
        if isinstance(backend, (EngineBackend, RelativeMountBackend)) and backend._owned:
            # From now on it is the object of this mount.
            backend._root = self._manager.node(name)
            backend._owned = False
            _known[_core._mount_id(backend._root)] = backend

    def __delitem__(self, name: str) -> None:
        if not self._manager.has_mount(name):
            raise KeyError(name)
        self._manager.delete_mount(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._manager.get_mount_names())

    def __len__(self) -> int:
        return len(self._manager.get_mount_names())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._manager.has_mount(name)

    def __repr__(self) -> str:
        return repr(dict(self))
