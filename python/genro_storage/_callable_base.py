"""Base paths that are functions, asked at every operation."""

from __future__ import annotations

import inspect
from collections.abc import Callable


def takes_prefix(base: Callable[..., object]) -> bool:
    """Whether it is asked with the first component of the path: whether it has a parameter."""
    return bool(inspect.signature(base).parameters)
