"""ForwardingBackend: one backend in front of another. Each method says what right it needs, and hands on."""

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
    """Hands every method on to `_behind`, with the path that _place() makes of its own."""

    _behind: StorageBackend

    def _place(self, path: str, right: str = "read") -> str:
        """The path there. `right` is "read", "write" or "delete"; raises when it is not granted."""
        return path

    def exists(self, path: str) -> bool:
        return self._behind.exists(self._place(path))

    def is_file(self, path: str) -> bool:
        return self._behind.is_file(self._place(path))

    def is_dir(self, path: str) -> bool:
        return self._behind.is_dir(self._place(path))

    def size(self, path: str) -> int:
        return self._behind.size(self._place(path))

    def mtime(self, path: str) -> float:
        return self._behind.mtime(self._place(path))

    def ext_attributes(self, path: str) -> tuple[float | None, int | None, bool]:
        place = self._place(path)
        answer = getattr(self._behind, "ext_attributes", None)
        return answer(place) if answer is not None else attributes_of(self._behind, place)

    def open(self, path: str, mode: str = "rb") -> IO[Any]:
        return self._behind.open(self._place(path, "write" if changes(mode) else "read"), mode)

    def read_bytes(self, path: str) -> bytes:
        return self._behind.read_bytes(self._place(path))

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        return self._behind.read_text(self._place(path), encoding)

    def write_bytes(self, path: str, data: bytes) -> str | None:
        return self._behind.write_bytes(self._place(path, "write"), data)

    def write_text(self, path: str, text: str, encoding: str = "utf-8") -> str | None:
        return self._behind.write_text(self._place(path, "write"), text, encoding)

    def delete(self, path: str, recursive: bool = False) -> None:
        self._behind.delete(self._place(path, "delete"), recursive)

    def list_dir(self, path: str) -> list[str]:
        return self._behind.list_dir(self._place(path))

    def mkdir(self, path: str, parents: bool = False, exist_ok: bool = False) -> None:
        self._behind.mkdir(self._place(path, "write"), parents=parents, exist_ok=exist_ok)

    def copy(self, src_path: str, dest_backend: StorageBackend, dest_path: str) -> str | None:
        return self._behind.copy(self._place(src_path), dest_backend, dest_path)

    def get_hash(self, path: str) -> str | None:
        return self._behind.get_hash(self._place(path))

    def get_metadata(self, path: str) -> dict[str, str]:
        return self._behind.get_metadata(self._place(path))

    def set_metadata(self, path: str, metadata: dict[str, str]) -> None:
        self._behind.set_metadata(self._place(path, "write"), metadata)

    def get_versions(self, path: str) -> list[dict[str, Any]]:
        return self._behind.get_versions(self._place(path))

    def open_version(self, path: str, version_id: str, mode: str = "rb") -> IO[Any]:
        return self._behind.open_version(self._place(path), version_id, mode)

    def delete_version(self, path: str, version_id: str) -> None:
        self._behind.delete_version(self._place(path, "delete"), version_id)

    def url(self, path: str, expires_in: int = 3600, **kwargs: Any) -> str | None:
        return self._behind.url(self._place(path), expires_in=expires_in, **kwargs)

    def internal_url(self, path: str, nocache: bool = False) -> str | None:
        return self._behind.internal_url(self._place(path), nocache=nocache)

    def resolved_path(self, path: str) -> str | None:
        return self._behind.resolved_path(self._place(path))

    def local_path(self, path: str, mode: str = "r") -> AbstractContextManager[str]:
        return self._behind.local_path(self._place(path, "write" if changes(mode) else "read"), mode)
