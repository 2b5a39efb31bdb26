"""Base paths that are functions, asked at every operation."""

from __future__ import annotations

import inspect
from collections.abc import Callable


def takes_prefix(base: Callable[..., object]) -> bool:
    """Whether the function has a parameter: then it is called with the first component of the path."""
    return bool(inspect.signature(base).parameters)
