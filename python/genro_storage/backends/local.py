"""LocalStorage under its public name."""

from __future__ import annotations

from .._compat.local import LocalStorage

__all__ = ["LocalStorage"]
