"""The attributes of a file, from backends that have a method for each of them but none for all."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def attributes_of(backend: Any, path: str) -> tuple[float | None, int | None, bool]:
    """(mtime, size, is_dir), as StorageBackend.ext_attributes() gives them, from the single methods.

    The mtime of a folder is None where the backend has none for it. What the methods raise for a file is raised.
    """
    if not backend.exists(path):
        return None, None, False
    if backend.is_dir(path):
        try:
            return backend.mtime(path), None, True
        except (OSError, NotImplementedError):
            return None, None, True
    return backend.mtime(path), backend.size(path), False
