"""What a mount can do, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_Function = TypeVar("_Function", bound=Callable[..., object])

_WORDS = (
    ("versioning", "versioning"),
    ("metadata", "metadata"),
    ("presigned_urls", "presigned URLs"),
    ("copy_optimization", "server-side copy"),
    ("hash_on_metadata", "fast hashing"),
    ("symbolic_links", "symbolic links"),
    ("readonly", "read-only"),
    ("temporary", "temporary storage"),
)


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
        words = [word for field, word in _WORDS if getattr(self, field)]
        return ", ".join(words) or "basic file operations"


def capability(*names: str) -> Callable[[_Function], _Function]:
    """Declare, in the class body of a backend, that a method gives the backend these capabilities."""

    def declare(function: _Function) -> _Function:
        known: tuple[str, ...] = getattr(function, "_capability_names", ())
        function._capability_names = (*known, *names)  # type: ignore[attr-defined]
        return function

    return declare
