"""Base64Backend under its public name."""

from __future__ import annotations

from .._compat.base64 import Base64Backend

__all__ = ["Base64Backend"]
