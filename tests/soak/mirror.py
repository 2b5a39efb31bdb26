"""Mirror: a backend in Python whose methods use the library again, on another mount of the same manager."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

from genro_storage.backends import StorageBackend
from genro_storage.capabilities import BackendCapabilities


class Mirror(StorageBackend):
    def __init__(self, node_at: Callable[[str], Any]) -> None:
        self._node = node_at

    @property
    def capabilities(self) -> BackendCapabilities:
        return BackendCapabilities(append_mode=False)

    def exists(self, path: str) -> bool:
        return self._node(path).exists()

    def is_file(self, path: str) -> bool:
        return self._node(path).is_file()

    def is_dir(self, path: str) -> bool:
        return self._node(path).is_dir()

    def size(self, path: str) -> int:
        return self._node(path).size()

    def mtime(self, path: str) -> float:
        return self._node(path).mtime()

    def open(self, path: str, mode: str = "rb") -> IO[Any]:
        return self._node(path).open(mode)

    def read_bytes(self, path: str) -> bytes:
        return self._node(path).read_bytes()

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        return self._node(path).read_text(encoding)

    def write_bytes(self, path: str, data: bytes) -> None:
        self._node(path).write_bytes(data)

    def write_text(self, path: str, text: str, encoding: str = "utf-8") -> None:
        self._node(path).write_text(text, encoding)

    def delete(self, path: str, recursive: bool = False) -> None:
        self._node(path).delete()

    def list_dir(self, path: str) -> list[str]:
        return [child.basename for child in self._node(path).children()]

    def mkdir(self, path: str, parents: bool = False, exist_ok: bool = False) -> None:
        # With parents: the root, always there here, is a folder there that others may just have emptied.
        self._node(path).mkdir(parents=True, exist_ok=exist_ok)

    def copy(self, src_path: str, dest_backend: StorageBackend, dest_path: str) -> str | None:
        return dest_backend.write_bytes(dest_path, self.read_bytes(src_path))
