"""RelativeMountBackend under its public name."""

from __future__ import annotations

from .._compat.relative import PermissionLevel, RelativeMountBackend

__all__ = ["PermissionLevel", "RelativeMountBackend"]
