"""local_path(): any file under a path of the local file system, for programs that want one."""

from __future__ import annotations

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs milliseconds to import
    from types import TracebackType
    from typing import Any

    from .node import StorageNode


def local_path(node: StorageNode, mode: str) -> LocalPath:
    """The work of StorageNode.local_path()."""
    core = node._python_core()
    if core is None or node.version:
        return LocalPath(node, mode)
    if not _core._overrides(core, "local_path") and not hasattr(core, "_get_local_path"):
        return LocalPath(node, mode)
    if mode not in ("r", "w", "rw"):
        raise ValueError(f"invalid mode: {mode!r} (use 'r', 'w' or 'rw')")
    return BackendLocalPath(node, mode)


class LocalPath:
    """What local_path() gives: for `with`, or for `async with` inside an event loop. It may be entered again.

    Leaving the block uploads what was written, and nothing when it raised; a temporary file is removed either way.
    """

    __slots__ = ("_entered", "_mode", "_node")

    def __init__(self, node: StorageNode, mode: str) -> None:
        node._local_path(mode, False)  # what is refused is refused now
        self._node = node
        self._mode = mode
        self._entered: list[Any] = []

    def __enter__(self) -> str:
        local = self._node._local_path(self._mode, False)
        path = local.open()
        self._entered.append(local)
        return path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        local: _core.LocalPath = self._entered.pop()
        try:
            if kind is None:
                local.commit()
        finally:
            local.close()

    async def __aenter__(self) -> str:
        local = self._node._local_path(self._mode, True)
        path = await local.open()
        self._entered.append(local)
        return path

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        local: _core.AwaitedLocalPath = self._entered.pop()
        try:
            if kind is None:
                await local.commit()
        finally:
            local.close()


class BackendLocalPath(LocalPath):
    """The same from a storage written in Python that has local paths of its own. It blocks, also in an event loop."""

    __slots__ = ("_next",)

    def __init__(self, node: StorageNode, mode: str) -> None:
        self._node = node
        self._mode = mode
        self._entered = []
        self._next = node._backend.local_path(node.path, mode)  # refuses now

    def __enter__(self) -> str:
        manager = self._next or self._node._backend.local_path(self._node.path, self._mode)
        self._next = None
        path = manager.__enter__()
        self._entered.append(manager)
        return str(path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._entered.pop().__exit__(kind, error, traceback)

    async def __aenter__(self) -> str:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)
