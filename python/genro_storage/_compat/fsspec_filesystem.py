"""FilesystemBackend: a filesystem of the package fsspec with the methods of StorageBackend."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from ..backends.base import StorageBackend
from ..capabilities import BackendCapabilities
from ..exceptions import (
    StorageConfigError,
    StorageError,
    StorageIOError,
    StorageNotADirectoryError,
    StorageNotEmptyError,
    StoragePathError,
)

if TYPE_CHECKING:
    from typing import IO

__all__ = ["FilesystemBackend"]


_Method = TypeVar("_Method", bound=Callable[..., Any])

_BASES = ("fsspec.spec", "fsspec.asyn")  # where fsspec has the methods that only say "not implemented"


def _class_of(protocol: str) -> Any:
    """The filesystem's class. ImportError where a package is missing, ValueError when fsspec knows no such protocol."""
    try:
        import fsspec
    except ImportError as error:
        raise ImportError(
            f"the protocol {protocol!r} needs the package fsspec: pip install fsspec (and what it needs for {protocol})"
        ) from error
    return fsspec.get_filesystem_class(protocol)


def _capabilities_of(filesystem: type) -> BackendCapabilities:
    """What the class has methods of its own for. That of a single object, or of a server, may be less."""

    def has(*names: str) -> bool:
        classes = [cls for cls in filesystem.__mro__ if cls.__module__ not in _BASES and cls is not object]
        return any(name in vars(cls) for cls in classes for name in names)

    delete = has("rm", "_rm", "rm_file", "_rm_file")
    write = delete or has("pipe_file", "_pipe_file")
    return BackendCapabilities(
        write=write,
        delete=delete,
        mkdir=write and has("mkdir", "_mkdir", "makedirs", "_makedirs"),
        list_dir=has("ls", "_ls"),
        atomic_operations=False,
        append_mode=False,
        readonly=not write,
    )


def _typed(method: _Method) -> _Method:
    """Errors that say what happened stay; those of libraries below, of any other class, become StorageIOError."""

    @functools.wraps(method)
    def call(self: FilesystemBackend, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except (StorageError, OSError, ValueError, TypeError, NotImplementedError, MemoryError):
            raise
        except Exception as error:
            raise StorageIOError(f"{self._protocol}: {type(error).__name__}: {error}") from error

    return cast("_Method", call)


class FilesystemBackend(StorageBackend):
    """A filesystem of fsspec, from a base path on."""

    __module__ = "genro_storage.backends.fsspec_filesystem"  # the name in pickles

    def __init__(self, protocol: str, base_path: str, options: dict[str, Any]) -> None:
        self._class = _class_of(protocol)
        self._protocol = protocol
        self._options = options
        self._base = base_path

    @classmethod
    def _of_mount(cls, mount: str, filesystem: str, base_path: str, options: dict[str, Any]) -> Self:
        """What the engine mounts for the protocol "fsspec". Connects to nothing.

        Raises ImportError where a package is missing, StorageConfigError for an unknown filesystem.
        """
        try:
            return cls(filesystem, base_path.rstrip("/"), options)
        except ValueError as error:
            raise StorageConfigError(f"mount '{mount}' (fsspec): 'filesystem': {error}") from error

    @functools.cached_property
    def _filesystem(self) -> Any:
        """Made on first use, since many connect when they are made."""
        # Listings and instances that are kept would show what is no longer so.
        return self._class(skip_instance_cache=True, use_listings_cache=False, **self._options)

    @property
    def capabilities(self) -> BackendCapabilities:
        return _capabilities_of(self._class)

    def _full(self, path: str) -> str:
        if ".." in path.split("/"):
            raise StoragePathError(f"Parent directory traversal is not allowed: {path!r}")
        path = path.strip("/")
        return f"{self._base}/{path}" if self._base and path else self._base or path

    @_typed
    def _info(self, path: str) -> dict[str, Any] | None:
        try:
            info: dict[str, Any] = self._filesystem.info(self._full(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return info

    def _file_info(self, path: str) -> dict[str, Any]:
        info = self._info(path)
        if info is None:
            raise FileNotFoundError(f"File not found: {path!r}")
        return info

    def exists(self, path: str) -> bool:
        return self._info(path) is not None

    def is_file(self, path: str) -> bool:
        info = self._info(path)
        return info is not None and info["type"] == "file"

    def is_dir(self, path: str) -> bool:
        info = self._info(path)
        return info is not None and info["type"] == "directory"

    def size(self, path: str) -> int:
        info = self._file_info(path)
        if info["type"] == "directory":
            raise ValueError(f"a directory has no size: {path!r}")
        return int(info["size"] or 0)

    def mtime(self, path: str) -> float:
        info = self._file_info(path)
        for key in ("mtime", "LastModified", "last_modified", "modified", "updated", "created"):
            value = info.get(key)
            if isinstance(value, datetime):
                return value.timestamp()
            if isinstance(value, (int, float)):
                return float(value)
            if isinstance(value, (tuple, list)):  # a ZIP archive's (year, …, second)
                return time.mktime((*value[:6], 0, 0, -1))
        raise NotImplementedError(f"the filesystem keeps no times: {path!r}")

    def ext_attributes(self, path: str) -> tuple[float | None, int | None, bool]:
        info = self._info(path)
        if info is None:
            return None, None, False
        is_dir = info["type"] == "directory"
        try:
            mtime = self.mtime(path)
        except NotImplementedError:
            mtime = None
        return mtime, None if is_dir else int(info["size"] or 0), is_dir

    @_typed
    def open(self, path: str, mode: str = "rb") -> IO[Any]:
        if set(mode) & set("wax"):
            self._make_parent(path)
        encoding = {} if "b" in mode else {"encoding": "utf-8"}
        opened: IO[Any] = self._filesystem.open(self._full(path), mode, **encoding)
        return opened

    @_typed
    def read_bytes(self, path: str) -> bytes:
        with self.open(path) as file:
            data: bytes = file.read()
        return data

    def read_text(self, path: str, encoding: str = "utf-8") -> str:
        return self.read_bytes(path).decode(encoding)

    @_typed
    def _make_parent(self, path: str) -> None:
        parent = self._full(path).rpartition("/")[0]
        if parent:
            self._filesystem.makedirs(parent, exist_ok=True)

    @_typed
    def write_bytes(self, path: str, data: bytes) -> None:
        content = bytes(memoryview(data))  # what is no bytes fails before the old content is touched
        with self.open(path, "wb") as file:
            file.write(content)

    def write_text(self, path: str, text: str, encoding: str = "utf-8") -> None:
        self.write_bytes(path, text.encode(encoding))

    @_typed
    def delete(self, path: str, recursive: bool = False) -> None:
        full = self._full(path)
        if self.is_dir(path):
            if not recursive and self.list_dir(path):
                raise StorageNotEmptyError(f"directory not empty: {path!r}")
            self._filesystem.rm(full, recursive=True)
        elif self.exists(path):
            self._filesystem.rm_file(full)

    @_typed
    def list_dir(self, path: str) -> list[str]:
        if self.is_file(path):
            raise StorageNotADirectoryError(f"not a directory: {path!r}")
        full = self._full(path).rstrip("/")
        names = {entry["name"].rstrip("/").rpartition("/")[2] for entry in self._filesystem.ls(full, detail=True)}
        return sorted(names - {""})

    @_typed
    def mkdir(self, path: str, parents: bool = False, exist_ok: bool = False) -> None:
        if self.exists(path):
            if exist_ok and self.is_dir(path):
                return
            raise FileExistsError(f"exists already: {path!r}")
        parent = path.strip("/").rpartition("/")[0]
        if not parents and parent and not self.exists(parent):
            raise FileNotFoundError(f"Parent directory does not exist: {path!r}")
        self._filesystem.makedirs(self._full(path), exist_ok=True)

    def copy(self, src_path: str, dest_backend: StorageBackend, dest_path: str) -> str | None:
        return dest_backend.write_bytes(dest_path, self.read_bytes(src_path))
