"""FilesystemBackend under the name that pickles of FsspecBackend have for it."""

from __future__ import annotations

from .._compat.fsspec_filesystem import FilesystemBackend

__all__ = ["FilesystemBackend"]
