"""StorageBackend: what every backend has. Derive from it to write your own in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

from .. import _core
from .._attributes import attributes_of
from ..capabilities import BackendCapabilities
from ..exceptions import StorageUnsupportedError

if TYPE_CHECKING:
    from typing import IO

__all__ = ["StorageBackend"]

CAPABILITY_NAMES = tuple(field.name for field in fields(BackendCapabilities))


def declared_capabilities(cls: type) -> dict[str, set[str]]:
    """What the class body says: its own table, and the names given by @capability to its members."""
    found = {protocol: set(names) for protocol, names in cls.__dict__.get("PROTOCOL_CAPABILITIES", {}).items()}
    protocol = getattr(cls, "_default_protocol", None)
    if not protocol:
        protocol = cls.__name__.lower().replace("backend", "").replace("storage", "")
    for member in cls.__dict__.values():
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        names = getattr(function, "_capability_names", ())
        if names:
            found.setdefault(protocol, set()).update(names)
    return found


class StorageBackend(ABC):
    """One place where files live. All methods are synchronous; paths are relative to the backend, "" is its root.

    A subclass writes the abstract methods; the others have defaults that say "not supported". Mount it with
    ``manager.mount("name", MyBackend())``: nodes then call its methods, inside an event loop on helper threads.
    """

    #: The capabilities by protocol. A subclass adds to those of its bases.
    PROTOCOL_CAPABILITIES: ClassVar[dict[str, set[str]]] = {}
    _default_protocol: ClassVar[str | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        merged: dict[str, set[str]] = {}
        for base in reversed(cls.__mro__[1:]):
            for protocol, names in base.__dict__.get("PROTOCOL_CAPABILITIES", {}).items():
                merged.setdefault(protocol, set()).update(names)
        for protocol, names in declared_capabilities(cls).items():
            merged.setdefault(protocol, set()).update(names)
        cls.PROTOCOL_CAPABILITIES = merged

    # What it can do.

    @classmethod
    def get_capabilities(cls, protocol: str | None = None) -> set[str]:
        """The names of the capabilities of a protocol; of the only one when None.

        Raises ValueError when the protocol is unknown, or not given and not the only one.
        """
        table = cls.PROTOCOL_CAPABILITIES
        if protocol is None:
            if len(table) != 1:
                known = ", ".join(sorted(table)) or "none"
                raise ValueError(f"{cls.__name__} has multiple protocols or none; name one of: {known}")
            return set(next(iter(table.values())))
        if protocol not in table:
            raise ValueError(f"Unknown protocol '{protocol}' of {cls.__name__}. Known: {', '.join(sorted(table))}")
        return set(table[protocol])

    @classmethod
    def get_json_info(cls, protocol: str | None = None) -> dict[str, Any]:
        """What a form for such a mount needs: its name, its fields, its capabilities, a description."""
        names = cls.get_capabilities(protocol)
        name = protocol or next(iter(cls.PROTOCOL_CAPABILITIES))
        return {
            "backend": name,
            "schema": {"fields": []},
            "capabilities": {field: field in names for field in CAPABILITY_NAMES},
            "description": (cls.__doc__ or "").strip().partition("\n")[0],
        }

    @property
    def capabilities(self) -> BackendCapabilities:
        """What this backend can do. A class that declares nothing has the defaults of BackendCapabilities."""
        table = self.PROTOCOL_CAPABILITIES
        if not table:
            return BackendCapabilities()
        names = self.get_capabilities(getattr(self, "protocol", None) if len(table) > 1 else None)
        return BackendCapabilities(**{field: field in names for field in CAPABILITY_NAMES})

    # What every backend answers.

    @abstractmethod
    def exists(self, path: str) -> bool:
        """Whether a file or a folder is there."""

    @abstractmethod
    def is_file(self, path: str) -> bool:
        """Whether a file is there."""

    @abstractmethod
    def is_dir(self, path: str) -> bool:
        """Whether a folder is there."""

    @abstractmethod
    def size(self, path: str) -> int:
        """The file's size in bytes. Missing: FileNotFoundError; a folder: ValueError."""

    @abstractmethod
    def mtime(self, path: str) -> float:
        """When it was last changed, in seconds since 1970. Missing: FileNotFoundError."""

    @abstractmethod
    def open(self, path: str, mode: str = "rb") -> IO[Any]:
        """An open file, for `with`."""

    @abstractmethod
    def read_bytes(self, path: str) -> bytes:
        """The whole content. Missing: FileNotFoundError."""

    @abstractmethod
    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        """The whole content as text."""

    @abstractmethod
    def write_bytes(self, path: str, data: bytes) -> str | None:
        """Replace the content, all or nothing; missing parent folders are made.

        May return another path, which the content then has.
        """

    @abstractmethod
    def write_text(self, path: str, text: str, encoding: str = "utf-8") -> str | None:
        """Replace the content by text."""

    @abstractmethod
    def delete(self, path: str, recursive: bool = False) -> None:
        """Remove a file or a folder; one with entries only when recursive. Missing is fine."""

    @abstractmethod
    def list_dir(self, path: str) -> list[str]:
        """The names in a folder. Missing: FileNotFoundError; a file: ValueError."""

    @abstractmethod
    def mkdir(self, path: str, parents: bool = False, exist_ok: bool = False) -> None:
        """Make a folder. Exists: FileExistsError; no parent: FileNotFoundError."""

    @abstractmethod
    def copy(self, src_path: str, dest_backend: StorageBackend, dest_path: str) -> str | None:
        """Copy a file to a path of this or of another backend. May return the path that it got there."""

    # What some backends add.

    def ext_attributes(self, path: str) -> tuple[float | None, int | None, bool]:
        """(mtime, size, is_dir); (None, None, False) when nothing is there, size None for folders.

        Override it where one request answers all three.
        """
        return attributes_of(self, path)

    def get_hash(self, path: str) -> str | None:
        """The MD5 of the content as 32 hexadecimal digits where it is stored, else None."""
        return None

    def get_metadata(self, path: str) -> dict[str, str]:
        """The user's metadata of a file."""
        return {}

    def set_metadata(self, path: str, metadata: dict[str, str]) -> None:
        """Replace the user's metadata of a file."""
        raise StorageUnsupportedError(f"{type(self).__name__} does not support metadata")

    def get_versions(self, path: str) -> list[dict[str, Any]]:
        """The versions of a file: dicts of version_id, is_latest, last_modified (datetime), size and etag."""
        return []

    def open_version(self, path: str, version_id: str, mode: str = "rb") -> IO[Any]:
        """An open file of an earlier content."""
        raise StorageUnsupportedError(f"{type(self).__name__} does not support versioning")

    def delete_version(self, path: str, version_id: str) -> None:
        """Remove one version of a file."""
        raise StorageUnsupportedError(f"{type(self).__name__} does not support version deletion")

    def url(self, path: str, expires_in: int = 3600, **kwargs: Any) -> str | None:
        """A URL of the file for others, or None."""
        return None

    def internal_url(self, path: str, nocache: bool = False) -> str | None:
        """A URL of the file inside of the application, or None."""
        return None

    def resolved_path(self, path: str) -> str | None:
        """The absolute path in the file system, or None where files are none of it."""
        return None

    def local_path(self, path: str, mode: str = "r") -> AbstractContextManager[str]:
        """A path in the file system for the time of a `with` block.

        Needs a method _get_local_path(path, mode) that gives the path or a context manager of it.
        """
        from ._local_path import LocalPath

        return LocalPath(self, path, mode)

    def close(self) -> None:  # noqa: B027  most backends have nothing to do here
        """Finish what is pending."""


_core._set_backend_class(StorageBackend)
