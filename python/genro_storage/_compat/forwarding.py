"""ForwardingBackend: a backend in front of another. Each method names the right it needs, and calls the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._attributes import attributes_of
from ..backends.base import StorageBackend

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import IO

__all__ = ["ForwardingBackend"]


def changes(mode: str) -> bool:
    """Whether a file opened so, or a local copy made so, may be changed."""
    return bool(set(mode) & set("wax+"))


class ForwardingBackend(StorageBackend):
    """Calls the same method of `_behind`, with the path that _inner_path() gives."""

    _behind: StorageBackend

    def _inner_path(self, path: str, right: str = "read") -> str:
        """The path in the backend behind. Raises where `right`, "read", "write" or "delete", is not granted."""
        return path

    def exists(self, path: str) -> bool:
        return self._behind.exists(self._inner_path(path))

    def is_file(self, path: str) -> bool:
        return self._behind.is_file(self._inner_path(path))

    def is_dir(self, path: str) -> bool:
        return self._behind.is_dir(self._inner_path(path))

    def size(self, path: str) -> int:
        return self._behind.size(self._inner_path(path))

    def mtime(self, path: str) -> float:
        return self._behind.mtime(self._inner_path(path))

    def ext_attributes(self, path: str) -> tuple[float | None, int | None, bool]:
        inner = self._inner_path(path)
        answer = getattr(self._behind, "ext_attributes", None)
        return answer(inner) if answer is not None else attributes_of(self._behind, inner)

    def open(self, path: str, mode: str = "rb") -> IO[Any]:
        return self._behind.open(self._inner_path(path, "write" if changes(mode) else "read"), mode)

    def read_bytes(self, path: str) -> bytes:
        return self._behind.read_bytes(self._inner_path(path))

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        return self._behind.read_text(self._inner_path(path), encoding)

    def write_bytes(self, path: str, data: bytes) -> str | None:
        return self._behind.write_bytes(self._inner_path(path, "write"), data)

    def write_text(self, path: str, text: str, encoding: str = "utf-8") -> str | None:
        return self._behind.write_text(self._inner_path(path, "write"), text, encoding)

    def delete(self, path: str, recursive: bool = False) -> None:
        self._behind.delete(self._inner_path(path, "delete"), recursive)

    def list_dir(self, path: str) -> list[str]:
        return self._behind.list_dir(self._inner_path(path))

    def mkdir(self, path: str, parents: bool = False, exist_ok: bool = False) -> None:
        self._behind.mkdir(self._inner_path(path, "write"), parents=parents, exist_ok=exist_ok)

    def copy(self, src_path: str, dest_backend: StorageBackend, dest_path: str) -> str | None:
        return self._behind.copy(self._inner_path(src_path), dest_backend, dest_path)

    def get_hash(self, path: str) -> str | None:
        return self._behind.get_hash(self._inner_path(path))

    def get_metadata(self, path: str) -> dict[str, str]:
        return self._behind.get_metadata(self._inner_path(path))

    def set_metadata(self, path: str, metadata: dict[str, str]) -> None:
        self._behind.set_metadata(self._inner_path(path, "write"), metadata)

    def get_versions(self, path: str) -> list[dict[str, Any]]:
        return self._behind.get_versions(self._inner_path(path))

    def open_version(self, path: str, version_id: str, mode: str = "rb") -> IO[Any]:
        return self._behind.open_version(self._inner_path(path), version_id, mode)

    def delete_version(self, path: str, version_id: str) -> None:
        self._behind.delete_version(self._inner_path(path, "delete"), version_id)

    def url(self, path: str, expires_in: int = 3600, **kwargs: Any) -> str | None:
        return self._behind.url(self._inner_path(path), expires_in=expires_in, **kwargs)

    def internal_url(self, path: str, nocache: bool = False) -> str | None:
        return self._behind.internal_url(self._inner_path(path), nocache=nocache)

    def resolved_path(self, path: str) -> str | None:
        return self._behind.resolved_path(self._inner_path(path))

    def local_path(self, path: str, mode: str = "r") -> AbstractContextManager[str]:
        return self._behind.local_path(self._inner_path(path, "write" if changes(mode) else "read"), mode)
