"""EngineBackend under the name that pickles of FsspecBackend have for it."""

from __future__ import annotations

from .._compat.engine import EngineBackend

__all__ = ["EngineBackend"]
