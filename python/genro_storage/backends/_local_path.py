"""The context manager of StorageBackend.local_path()."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from .base import StorageBackend


class LocalPath(AbstractContextManager[str]):
    """Asks the backend's _get_local_path() when it is entered."""

    def __init__(self, backend: StorageBackend, path: str, mode: str) -> None:
        self._arguments = (path, mode)
        self._backend = backend
        self._inner: AbstractContextManager[Any] | None = None

    def __enter__(self) -> str:
        get = getattr(self._backend, "_get_local_path", None)
        if get is None:
            raise NotImplementedError(f"{type(self._backend).__name__} has no paths in the file system")
        found = get(*self._arguments)
        if not isinstance(found, (str, os.PathLike)):
            self._inner = found
            found = found.__enter__()
        path: str = os.fspath(found)
        return path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return self._inner.__exit__(kind, error, traceback) if self._inner is not None else None
