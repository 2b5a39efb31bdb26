"""AsyncFile: an open file whose reads and writes are awaited. Given by `async with node.open(...)`."""

from __future__ import annotations

import codecs
import io
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from . import _core
    from .open_mode import Mode

_CHUNK = 256 * 1024
_WRITE_BUFFER = 256 * 1024


class AsyncFile:
    """An open file inside an event loop; one task at a time.

    Text files give and take str (UTF-8, universal newlines), binary ones bytes. Small writes are gathered.
    """

    def __init__(self, stream: _core.AwaitedFile, name: str, mode: Mode) -> None:
        self._stream = stream
        self._binary = mode.binary
        self._decoder = (
            None if mode.binary else io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), True)
        )
        self._ahead: Any = b"" if mode.binary else ""  # read from the stream, not yet given out
        self._pending: list[bytes] = []  # written, not yet handed to the stream
        self._pending_size = 0
        self._ended = False
        self.name = name
        self.mode = mode.name

    @property
    def closed(self) -> bool:
        return self._stream.closed

    async def _fetch(self, size: int) -> bool:
        """Appends up to `size` more bytes' worth to what is ahead; False at the end."""
        if self._ended:
            return False
        data = await self._stream.read(size)
        self._ended = len(data) < size
        self._ahead += data if self._decoder is None else self._decoder.decode(data, final=self._ended)
        return True

    def _take(self, size: int) -> Any:
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken

    async def read(self, size: int = -1) -> Any:
        """Up to `size` bytes or characters, fewer only at the end; everything that is left when negative."""
        await self.flush()
        if size is None or size < 0:
            if self._ended:
                return self._take(len(self._ahead))
            data = await self._stream.read()
            self._ended = True
            if self._decoder is None:
                return self._take(len(self._ahead)) + data if self._ahead else data
            self._ahead += self._decoder.decode(data, final=True)
            return self._take(len(self._ahead))
        while len(self._ahead) < size and await self._fetch(max(size - len(self._ahead), 1)):
            pass
        return self._take(size)

    async def readinto(self, buffer: Any) -> int:
        """Fill a writable buffer; gives the number of bytes, 0 at the end."""
        if not self._binary:
            raise io.UnsupportedOperation("readinto on a text file")
        await self.flush()
        if self._ahead:
            view = memoryview(buffer).cast("B")
            part = self._take(len(view))
            view[: len(part)] = part
            return len(part)
        return await self._stream.readinto(buffer)

    async def readline(self) -> Any:
        """The next line with its end; empty at the end of the file."""
        await self.flush()
        end = b"\n" if self._binary else "\n"
        searched = 0
        while True:
            found = self._ahead.find(end, searched)
            if found >= 0:
                return self._take(found + 1)
            searched = len(self._ahead)
            if not await self._fetch(_CHUNK):
                return self._take(searched)

    async def chunks(self, size: int = 1024 * 1024) -> AsyncIterator[Any]:
        """The rest of the file in pieces of `size`."""
        while piece := await self.read(size):
            yield piece

    def __aiter__(self) -> AsyncFile:
        return self

    async def __anext__(self) -> Any:
        line = await self.readline()
        if not line:
            raise StopAsyncIteration
        return line

    async def write(self, data: Any) -> int:
        """Write bytes, or text to a text file. It appears when the file is closed."""
        if self._binary == isinstance(data, str):
            raise TypeError(
                f"a {'bytes-like object' if self._binary else 'str'} is required, not '{type(data).__name__}'"
            )
        if self._ahead:
            await self.seek(self.tell())
        raw = bytes(data) if self._binary else data.encode()
        self._pending.append(raw)
        self._pending_size += len(raw)
        if self._pending_size >= _WRITE_BUFFER:
            await self.flush()
        return len(data)

    async def flush(self) -> None:
        """Hand what was gathered to the engine. It does not appear before the file is closed."""
        if self._pending:
            data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
            self._pending = []
            self._pending_size = 0
            await self._stream.write(data)

    async def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position. In text files only to the beginning and the end."""
        await self.flush()
        if self._decoder is not None:
            if offset != 0 or whence == 1:
                raise io.UnsupportedOperation("text files can be moved to their beginning or end only")
            self._decoder.reset()
        elif whence == 1:
            offset -= len(self._ahead)
        self._ahead = self._ahead[:0]
        self._ended = False
        return await self._stream.seek(offset, whence)

    def tell(self) -> int:
        """The position in bytes; binary files only."""
        if not self._binary:
            raise io.UnsupportedOperation("tell on a text file")
        return self._stream.tell() - len(self._ahead) + self._pending_size

    async def truncate(self, size: int | None = None) -> int:
        """Cut the file at `size`, or at the position."""
        await self.flush()
        return await self._stream.truncate(self.tell() if size is None else size)

    async def fileno(self) -> int:
        """The open file of the system, with everything in it that was written. Local mounts only."""
        await self.flush()
        return await self._stream.fileno()

    async def close(self) -> None:
        """Commit what was written."""
        if self.closed:
            return
        try:
            await self.flush()
        except BaseException:
            await self._stream.abort()
            raise
        await self._stream.close()

    async def __aenter__(self) -> AsyncFile:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            await self.close()
        elif not self.closed:
            self._pending = []
            await self._stream.abort()
