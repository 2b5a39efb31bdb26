"""What a mount can do, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from . import _core

_Function = TypeVar("_Function", bound=Callable[..., object])


@dataclass(frozen=True)
class BackendCapabilities:
    """What a mount promises its users; immutable and compared by value."""

    read: bool = True
    write: bool = True
    delete: bool = True
    mkdir: bool = True
    list_dir: bool = True
    versioning: bool = False
    version_listing: bool = False
    version_access: bool = False
    metadata: bool = False
    presigned_urls: bool = False
    public_urls: bool = False
    atomic_operations: bool = True
    symbolic_links: bool = False
    copy_optimization: bool = False
    hash_on_metadata: bool = False
    append_mode: bool = True
    seek_support: bool = True
    readonly: bool = False
    temporary: bool = False

    def __str__(self) -> str:
        return _core._capability_words(self)


def capability(*names: str) -> Callable[[_Function], _Function]:
    """Declare, in the class body of a backend, that a method gives the backend these capabilities."""

    def declare(function: _Function) -> _Function:
        known: tuple[str, ...] = getattr(function, "_capability_names", ())
        function._capability_names = (*known, *names)  # type: ignore[attr-defined]
        return function

    return declare
