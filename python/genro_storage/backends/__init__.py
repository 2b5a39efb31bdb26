"""Backend objects: one place where files live, with plain synchronous methods. Nodes are what applications use."""

from __future__ import annotations

from .base import StorageBackend
from .base64 import Base64Backend
from .fsspec import FsspecBackend
from .local import LocalStorage
from .relative import RelativeMountBackend

__all__ = ["StorageBackend", "LocalStorage", "FsspecBackend", "Base64Backend", "RelativeMountBackend"]  # noqa: RUF022
