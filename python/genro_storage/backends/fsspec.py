"""FsspecBackend under its public name."""

from __future__ import annotations

from .._compat.fsspec import FsspecBackend

__all__ = ["FsspecBackend"]
