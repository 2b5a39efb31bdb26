"""Open files: the io classes over the engine's streams, and their awaitable sister.

What was written appears whole when a file is closed, and never when its block raised or it was dropped unclosed: the
finalisers of io would close, and so commit; those of this module discard instead. Threads may share a file: its calls
take turns, also those that io does not guard (the classes ...Turns of _core).
"""

from __future__ import annotations

import io
from _warnings import warn  # warnings.warn, which is there without importing it

from . import _core
from ._open_mode import Mode
from .exceptions import StorageEventLoopError, StorageUnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs milliseconds to import
    from collections.abc import Callable
    from types import TracebackType
    from typing import IO, Any, TypeVar

    from .async_file import AsyncFile
    from .node import StorageNode

    class StorageFile(IO[Any]):
        """What open() gives: a file, for `with`, or for `async with` inside an event loop."""

        async def __aenter__(self) -> AsyncFile: ...
        async def __aexit__(
            self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
        ) -> None: ...

    _T = TypeVar("_T")


BUFFER_SIZE = 64 * 1024


class RawFile(io.RawIOBase):
    """The unbuffered stream under the others."""

    def __init__(self, stream: _core.File, name: str, mode: str) -> None:
        self._stream = stream
        self._discarded = False
        self.name = name
        self.mode = mode

    def readable(self) -> bool:
        return self._stream.readable

    def writable(self) -> bool:
        return self._stream.writable

    def seekable(self) -> bool:
        return self._stream.seekable

    def readinto(self, buffer: Any) -> int:
        return self._reading(lambda: self._stream.readinto(buffer))

    def readall(self) -> bytes:
        return self._reading(self._stream.read)

    def _reading(self, read: Callable[[], _T]) -> _T:
        place = self._stream.tell()
        try:
            return read()
        except BaseException:
            if self._stream.seekable and self._stream.tell() != place:  # it was read, but a signal handler raised
                self._stream.seek(place)
            raise

    def write(self, data: Any) -> int:
        if self._discarded:
            return memoryview(data).nbytes
        try:
            return self._stream.write(data)
        except BaseException:
            self._discarded = True  # what follows must not be committed without this
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def truncate(self, size: int | None = None) -> int:
        if not self.seekable():
            raise io.UnsupportedOperation("truncate: what was written cannot be changed any more")
        return self._stream.truncate(self.tell() if size is None else size)

    def fileno(self) -> int:
        """The open file of the system. A file that is being written is one without a name until it is closed."""
        try:
            return self._stream.fileno()
        except StorageUnsupportedError as error:
            raise io.UnsupportedOperation(f"fileno: {error}") from None

    def discard(self) -> None:
        """Nothing of what was written will appear."""
        self._discarded = True

    def surrender(self) -> _core.AwaitedFile:
        """Gives the stream away to an AsyncFile; this object is closed then."""
        super().close()
        return self._stream._awaited()

    def close(self) -> None:
        if self.closed:
            return
        try:
            if self._discarded:
                self._stream.abort()
            else:
                self._stream.close()
        finally:
            super().close()

    def __del__(self) -> None:
        if not self.closed:
            self.discard()
            self.close()


class _Whole:
    """Mixed into the buffered classes: the end of a block commits everything or nothing."""

    _entered: AsyncFile | None = None
    _raw_file: RawFile
    closed: bool
    close: Any

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if error is not None:
            self._raw_file.discard()
        self.close()

    def __del__(self) -> None:
        raw = getattr(self, "_raw_file", None)
        if raw is None or raw.closed:
            return
        raw.discard()
        if raw.writable():
            warn(f"unclosed file {raw.name}: what was written is dropped", ResourceWarning, stacklevel=2, source=self)
        self.close()

    async def __aenter__(self) -> AsyncFile:
        from .async_file import AsyncFile

        try:
            _core.require_event_loop()
        except StorageEventLoopError:
            self._raw_file.discard()
            self.close()
            raise
        self._entered = AsyncFile(self._raw_file.surrender(), self._raw_file.name, Mode(self._raw_file.mode))
        return self._entered

    async def __aexit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        assert self._entered is not None
        await self._entered.__aexit__(kind, error, traceback)


class BinaryReader(_Whole, _core.ReaderTurns):
    """A file opened with "rb"."""


class BinaryWriter(_Whole, _core.WriterTurns):
    """A file opened with "wb", "ab" or "xb"."""

    def write(self, data: Any) -> int:
        if type(data) is bytes and len(data) >= BUFFER_SIZE:
            return _core.in_turn(self, self._write_large, data)
        return super().write(data)

    def _write_large(self, data: bytes) -> int:
        self.flush()
        return self._raw_file.write(data)  # the engine takes the object itself; a buffer would copy it


class BinaryUpdater(_Whole, _core.UpdaterTurns):
    """A file opened for reading and writing."""


class TextFile(_Whole, _core.TextTurns):
    """A file opened as text: UTF-8, with universal newlines as the builtin open()."""

    def tell(self) -> int:
        """The position; also of what is sent off as it comes: `if file.tell() == 0` asks for a new file."""
        if self.seekable() or not self.writable():
            return super().tell()
        return _core.in_turn(self, self._tell_written)

    def _tell_written(self) -> int:
        self.flush()
        return self._raw_file.tell()


def _assemble(stream: _core.File, name: str, mode: Mode) -> StorageFile:
    raw = RawFile(stream, name, mode.name)
    kind: Any = BinaryUpdater if mode.updating else BinaryWriter if mode.writing else BinaryReader
    binary = kind(raw, BUFFER_SIZE)
    binary._raw_file = raw
    opened: Any = binary
    if not mode.binary:
        opened = TextFile(binary, encoding="utf-8")
        opened._raw_file = raw
        opened.mode = mode.name
    file: StorageFile = opened
    return file


class DeferredFile:
    """A file of a network mount opened inside an event loop: connected by `async with`, or by the first sync use."""

    def __init__(self, node: StorageNode, mode: Mode, version: Any) -> None:
        self._node = node
        self._mode = mode
        self._version = version
        self._sync: StorageFile | None = None
        self._async: AsyncFile | None = None

    def _open(self) -> StorageFile:
        if self._sync is None:
            _core.in_turn(self, self._open_once)
        assert self._sync is not None
        return self._sync

    def _open_once(self) -> None:
        if self._sync is None:
            stream = self._node._open(self._mode.raw, self._version, False)
            self._sync = _assemble(stream, self._node.fullpath, self._mode)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._open(), name)

    def __enter__(self) -> IO[Any]:
        return self._open().__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        self._open().__exit__(kind, error, traceback)

    def __iter__(self) -> Any:
        return iter(self._open())

    def __next__(self) -> Any:
        return next(self._open())

    async def __aenter__(self) -> AsyncFile:
        from .async_file import AsyncFile

        _core.require_event_loop()
        stream = await self._node._open(self._mode.raw, self._version, True)
        self._async = AsyncFile(stream, self._node.fullpath, self._mode)
        return self._async

    async def __aexit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        assert self._async is not None
        await self._async.__aexit__(kind, error, traceback)


def _check_version(node: StorageNode, mode: Mode, version: Any, as_of: Any) -> Any:
    """What version to open: an id, an index, a datetime, or None for the current content."""
    if node.version and (version is not None or as_of is not None):
        raise ValueError("the node is a versioned snapshot already: version and as_of are not for it")
    if node.version and mode.writing:
        raise ValueError("Cannot write to versioned snapshot")
    if version is not None and as_of is not None:
        raise ValueError("Cannot specify both version and as_of")
    if version is None and as_of is None:
        return None
    if not node.capabilities.versioning:
        raise StorageUnsupportedError(
            f"{node.fullpath}: its mount does not support versioning (it has: {node.capabilities})"
        )
    if mode.writing:
        raise ValueError("Cannot write to historical versions")
    if as_of is None:
        return version
    from ._moments import unix_nanoseconds

    unix_nanoseconds(as_of)  # refuses what is no datetime
    return as_of


def _in_any_loop() -> bool:
    try:
        return _core.in_event_loop()
    except StorageEventLoopError:  # in another library's: `with` works there, too
        return True


def open_node(node: StorageNode, mode: str, version: Any, as_of: Any) -> StorageFile:
    """The work of StorageNode.open()."""
    parsed = Mode(mode)
    version_id = _check_version(node, parsed, version, as_of)
    if node._waits and _in_any_loop():
        return DeferredFile(node, parsed, version_id)  # type: ignore[return-value]  # by __getattr__()
    return _assemble(node._open(parsed.raw, version_id, False), node.fullpath, parsed)
