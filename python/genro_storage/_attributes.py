"""The attributes of a file as backends have them that answer single questions only."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def attributes_of(backend: Any, path: str) -> tuple[float | None, int | None, bool]:
    """(mtime, size, is_dir) by the single questions: the plain form of StorageBackend.ext_attributes().

    A folder without a time of its own has None; whatever a file raises comes through.
    """
    if not backend.exists(path):
        return None, None, False
    if backend.is_dir(path):
        try:
            return backend.mtime(path), None, True
        except (OSError, NotImplementedError):
            return None, None, True
    return backend.mtime(path), backend.size(path), False
