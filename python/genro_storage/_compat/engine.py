# mypy: disable-error-code="no-any-return"
"""EngineBackend: a mount of the engine with the methods of StorageBackend. Its subclasses are the public backends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _core, registry
from ..backends.base import StorageBackend
from ..capabilities import BackendCapabilities
from ..exceptions import StorageNotEmptyError, StoragePathError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import IO, Self

__all__ = ["EngineBackend"]

_now = _core._values  # runs a method of a node and gives its value, also inside a running loop


def normal_path(path: str, floor: int = 0) -> str:
    """The path without `..`; ValueError when it climbs above its first `floor` components."""
    parts: list[str] = []
    for part in path.split("/"):
        if part != "..":
            parts += [part] if part not in ("", ".") else []
        elif len(parts) <= floor:
            raise StoragePathError(f"Path escapes base directory: {path!r}")
        else:
            parts.pop()
    return "/".join(parts)


def mountable(backend: Any) -> Any:
    """What _core._mount_backend() takes for a backend object: a node on its engine's mount, or the object itself."""
    of_class = getattr(type(backend), "_mountable", None)  # not of the object: a proxy may forward any attribute
    return backend if of_class is None else of_class(backend)


def node_on(backend: Any, path: str) -> Any:
    """The node at a path of any backend object."""
    if isinstance(backend, EngineBackend):
        return backend._node(path)
    root = mountable(backend)
    if not isinstance(root, _core.Node):
        manager = registry.new_manager()
        _core._mount_backend(manager, "backend", root)
        root = manager.node("backend")
    return _core._node_at(root, path)


class EngineBackend(StorageBackend):
    """The methods of StorageBackend on a mount of the engine; always synchronous."""

    __module__ = "genro_storage.backends.engine"  # the name in pickles

    _root: _core.Node
    _owned = False  # whether the mount is this object's alone

    @classmethod
    def _over(cls, root: _core.Node) -> Self:
        """The object for a mount that exists; `root` is its root node."""
        backend = cls.__new__(cls)
        backend._root = root
        return backend

    def _configure(self, config: dict[str, Any]) -> None:
        """Makes a mount of its own."""
        manager = registry.new_manager()
        manager.add_mount({"name": config["protocol"], **config})
        self._root = manager.node(config["protocol"])
        self._owned = True

    def _mountable(self) -> Any:
        return self._root

    def _node(self, path: str) -> Any:  # a StorageNode: what its methods give depends on where they are called
        if ".." in path:
            path = normal_path(path)
        return _core._node_at(self._root, path)

    @property
    def capabilities(self) -> BackendCapabilities:
        return BackendCapabilities(**self._root._capability_fields())

    def exists(self, path: str) -> bool:
        return _now(self._node(path).exists)

    def is_file(self, path: str) -> bool:
        return _now(self._node(path).is_file)

    def is_dir(self, path: str) -> bool:
        return _now(self._node(path).is_dir)

    def size(self, path: str) -> int:
        return _now(self._node(path).size)

    def mtime(self, path: str) -> float:
        return _now(self._node(path).mtime)

    def ext_attributes(self, path: str) -> tuple[float | None, int | None, bool]:
        return self._node(path).ext_attributes

    def open(self, path: str, mode: str = "rb") -> IO[Any]:
        return _now(self._node(path).open, mode)

    def read_bytes(self, path: str) -> bytes:
        return _now(self._node(path).read_bytes)

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        return _now(self._node(path).read_text, encoding)

    def write_bytes(self, path: str, data: bytes) -> str | None:
        node = self._node(path)
        before = node.path
        _now(node.write_bytes, data)
        return node.path if node.path != before else None

    def write_text(self, path: str, text: str, encoding: str = "utf-8") -> str | None:
        node = self._node(path)
        before = node.path
        _now(node.write_text, text, encoding)
        return node.path if node.path != before else None

    def delete(self, path: str, recursive: bool = False) -> None:
        node = self._node(path)
        if not recursive and self.capabilities.delete and _now(node.is_dir) and _now(node.children):
            raise StorageNotEmptyError(f"directory not empty: {path!r}")
        _now(node.delete)

    def list_dir(self, path: str) -> list[str]:
        return [child.basename for child in _now(self._node(path).children)]

    def mkdir(self, path: str, parents: bool = False, exist_ok: bool = False) -> None:
        _now(self._node(path).mkdir, parents, exist_ok)

    def copy(self, src_path: str, dest_backend: StorageBackend, dest_path: str) -> str | None:
        target = node_on(dest_backend, dest_path)
        before = target.path
        _now(self._node(src_path).copy_to, target)
        return target.path if target.path != before else None

    def get_hash(self, path: str) -> str | None:
        return _now(self._node(path).md5hash) if self.capabilities.hash_on_metadata else None

    def get_metadata(self, path: str) -> dict[str, str]:
        return _now(self._node(path).get_metadata)

    def set_metadata(self, path: str, metadata: dict[str, str]) -> None:
        _now(self._node(path).set_metadata, metadata)

    def get_versions(self, path: str) -> list[dict[str, Any]]:
        return self._node(path).versions

    def open_version(self, path: str, version_id: str, mode: str = "rb") -> IO[Any]:
        return _now(self._node(path).open, mode, version=version_id)

    def delete_version(self, path: str, version_id: str) -> None:
        _core._delete_version(self._node(path), version_id)

    def url(self, path: str, expires_in: int = 3600, **kwargs: Any) -> str | None:
        return self._node(path).url(expires_in, **kwargs)

    def resolved_path(self, path: str) -> str | None:
        return self._node(path).resolved_path

    def local_path(self, path: str, mode: str = "r") -> AbstractContextManager[str]:
        return _now(self._node(path).local_path, mode)

    def close(self) -> None:
        if self._owned:
            _now(self._root._manager.close)
