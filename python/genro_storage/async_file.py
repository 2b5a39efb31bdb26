"""AsyncFile: an open file whose reads and writes are awaited. Given by `async with node.open(...)`."""

from __future__ import annotations

import asyncio
import codecs
import io
import warnings
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any

from . import _core
from ._turns import Turns
from .exceptions import StorageValueError

if TYPE_CHECKING:
    from types import TracebackType

    from ._open_mode import Mode

_CHUNK = 256 * 1024
_WRITE_BUFFER = 256 * 1024
_LARGE = 1024 * 1024


async def _give_way() -> None:
    """Until what is due has had its turn: callbacks, and the tasks that they wake up, stand behind this one's step."""
    for _ in range(_core.TURNS_GIVEN):
        await asyncio.sleep(0)


class AsyncFile:
    """An open file inside an event loop. Tasks may share it: their calls take turns, in the order they were awaited.

    Text files give and take str (UTF-8, universal newlines), binary ones bytes. Small writes are gathered.
    The position moves only when a call succeeds: what a failed or cancelled read had taken comes with the next one.
    A write that failed or was cancelled makes `close()` fail, and nothing of the file appears.
    """

    def __init__(self, stream: _core.AwaitedFile, name: str, mode: Mode) -> None:
        self._stream = stream
        self._binary = mode.binary
        self._writable = stream.writable
        self._decoder = (
            None if mode.binary else io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), True)
        )
        self._turns = Turns()
        self._ahead: Any = b"" if mode.binary else ""  # read from the stream
        self._used = 0  # of what is ahead: given out
        self._ended = False
        self._place: int | None = (
            None  # of the stream, to which it returns because a call that moves it did not succeed
        )
        self._pending: list[Any] = []  # written, not yet handed to the stream
        self._pending_size = 0
        self._pushing = False  # a call that finds it set knows of one that never came back: its loop was closed
        self._spoiled = False  # a change is missing: nothing will be published
        self._asked = 0  # numbers the calls of write(), truncate() and close()
        self._unmade: set[int] = set()  # changes that were asked for and have not been made
        self._dropped = False
        self.name = name
        self.mode = mode.name

    @property
    def closed(self) -> bool:
        return self._dropped or self._stream.closed

    def _require_open(self) -> None:
        if self._dropped or self._stream.closed:
            raise StorageValueError(f"{self.name}: the file is closed")

    # What follows, up to _push(), is called by whoever has the turn.

    async def _return(self) -> None:
        """To where the stream was before a call that did not succeed."""
        assert self._place is not None
        await self._stream.size()  # by then that call is at rest
        if self._stream.tell() != self._place:
            await self._stream.seek(self._place)
        self._place = None

    async def _pull(self, size: int | None) -> bytes:
        """What comes next from the stream: up to `size` bytes, or all."""
        if self._place is not None:
            await self._return()
        self._place = self._stream.tell()
        data = await (self._stream.read() if size is None else self._stream.read(size))
        self._place = None
        self._ended = size is None or len(data) < size
        return data

    async def _fetch(self, size: int | None) -> bool:
        """Appends what comes next to what is ahead; False at the end."""
        if self._ended:
            return False
        data: Any = await self._pull(size)
        if self._decoder is not None:
            state = self._decoder.getstate()
            raw = data
            try:
                data = await self._decoded(self._decoder, raw)
            except BaseException:
                self._decoder.setstate(state)
                self._place, self._ended = self._stream.tell() - len(raw), False
                raise
        self._ahead = self._ahead[self._used :] + data
        self._used = 0
        return True

    async def _decoded(self, decoder: io.IncrementalNewlineDecoder, raw: bytes) -> str:
        """Much is decoded piece by piece, and the loop has its turn in between."""
        texts = []
        for begin in range(0, max(len(raw), 1), _CHUNK):
            last = self._ended and begin + _CHUNK >= len(raw)
            texts.append(decoder.decode(raw[begin : begin + _CHUNK], final=last))
            if _core.loop_waits_for_turn():
                await _give_way()
        return texts[0] if len(texts) == 1 else await _core._joined_texts(texts)

    def _left(self) -> int:
        return len(self._ahead) - self._used

    def _take(self, end: int) -> Any:
        taken = self._ahead[self._used : end]
        if end >= len(self._ahead):
            self._ahead, self._used = self._ahead[:0], 0
        else:
            self._used = end
        return taken

    async def _read(self, size: int) -> Any:
        self._require_open()
        if self._pending:
            await self._push()
        if self._binary and self._used == len(self._ahead) and size and not self._ended:
            return await self._pull(None if size < 0 else size)
        if size < 0:
            await self._fetch(None)
            return self._take(len(self._ahead))
        while (missing := size - self._left()) > 0 and await self._fetch(missing):
            pass
        return self._take(self._used + size)

    async def _readinto(self, buffer: Any) -> int:
        self._require_open()
        if self._pending:
            await self._push()
        if self._left():
            view = memoryview(buffer).cast("B")
            part = self._take(self._used + len(view))
            view[: len(part)] = part
            return len(part)
        if self._place is not None:
            await self._return()
        self._place = self._stream.tell()
        filled = await self._stream.readinto(buffer)
        self._place = None
        return filled

    async def _readline(self) -> Any:
        self._require_open()
        if self._pending:
            await self._push()
        searched = 0
        while (line := self._line_ahead(searched)) is None:
            searched = self._left()
            if not await self._fetch(_CHUNK):
                return self._take(len(self._ahead))
        return line

    def _line_ahead(self, searched: int = 0) -> Any:
        found = self._ahead.find(b"\n" if self._binary else "\n", self._used + searched)
        return None if found < 0 else self._take(found + 1)

    async def _push(self) -> None:
        """Hands what was gathered to the stream."""
        self._require_open()
        if self._pushing:  # once more could be twice
            self._spoiled, self._pushing = True, False
            self._pending, self._pending_size = [], 0
        if not self._pending:
            return
        self._pushing = True
        try:
            if self._place is not None:
                await self._return()
            await self._stream.write(self._pending[0] if len(self._pending) == 1 else b"".join(self._pending))
        except BaseException:
            self._spoiled, self._pushing = True, False
            raise
        self._pushing = False
        self._pending, self._pending_size = [], 0

    async def _seek(self, offset: int, whence: int) -> int:
        self._require_open()
        if self._pending:
            await self._push()
        if self._decoder is not None:
            if offset != 0 or whence == 1:
                raise io.UnsupportedOperation("text files can be moved to their beginning or end only")
        elif whence == 1:
            offset -= self._left()
        if self._place is not None:
            await self._return()
        self._place = self._stream.tell()
        position = await self._stream.seek(offset, whence)
        self._place = None
        if self._decoder is not None:
            self._decoder.reset()
        self._ahead, self._used, self._ended = self._ahead[:0], 0, False
        return position

    async def _truncate(self, size: int | None) -> int:
        self._require_open()
        if self._pending:
            await self._push()
        if size is None:
            size = self.tell()
        if self._left():
            await self._seek(self.tell(), 0)
        return await self._stream.truncate(size)

    def _announce(self) -> int:
        """The number of a change that is asked for. Until it is made nothing is published."""
        self._asked += 1
        self._unmade.add(self._asked)
        return self._asked

    def _is_missing(self, number: int) -> bool:
        """Whether a change that was asked for before this call was not made: its task, or its loop, ended before."""
        return any(change < number for change in self._unmade)

    async def _close(self, number: int) -> None:
        if self.closed:
            return
        if self._spoiled or self._pushing or self._is_missing(number):
            await self._stream.abort()
            raise StorageValueError(f"close {self.name}: an earlier write failed or was cancelled: nothing is stored")
        await self._push()
        await self._stream.close()
        self._forget()

    def _forget(self) -> None:
        self._ahead, self._used = self._ahead[:0], 0
        self._pending, self._pending_size = [], 0

    async def read(self, size: int = -1) -> Any:
        """Up to `size` bytes or characters, fewer only at the end; everything that is left when negative."""
        turn = self._turns.try_take() or await self._turns.take()
        try:
            return await self._read(-1 if size is None else size)
        finally:
            self._turns.give(turn)

    async def readinto(self, buffer: Any) -> int:
        """Fill a writable buffer; gives the number of bytes, 0 at the end."""
        if not self._binary:
            raise io.UnsupportedOperation("readinto on a text file")
        turn = self._turns.try_take() or await self._turns.take()
        try:
            return await self._readinto(buffer)
        finally:
            self._turns.give(turn)

    async def readline(self) -> Any:
        """The next line with its end; empty at the end of the file."""
        turn = self._turns.try_take() or await self._turns.take()
        try:
            return await self._readline()
        finally:
            self._turns.give(turn)

    async def chunks(self, size: int = 1024 * 1024) -> AsyncIterator[Any]:
        """The rest of the file in pieces of `size`."""
        while piece := await self.read(size):
            yield piece

    def __aiter__(self) -> AsyncFile:
        return self

    async def __anext__(self) -> Any:
        turn = self._turns.try_take() or await self._turns.take()
        try:
            if _core.loop_waits_for_turn():  # it would not come while all that is asked for is ahead
                await _give_way()
            line = (None if self._pending else self._line_ahead()) or await self._readline()
        finally:
            self._turns.give(turn)
        if not line:
            raise StopAsyncIteration
        return line

    def write(self, data: Any) -> Coroutine[Any, Any, int]:
        """Write bytes, or text to a text file; to be awaited. It appears when the file is closed."""
        if self._binary == isinstance(data, str):
            raise TypeError(
                f"a {'bytes-like object' if self._binary else 'str'} is required, not '{type(data).__name__}'"
            )
        if not self._writable:
            raise io.UnsupportedOperation("not writable")
        if len(data) >= _LARGE and isinstance(data, (str, bytes, bytearray)):
            raw: Any = data  # copied or encoded by the engine, beside
        else:
            raw = bytes(data) if self._binary else data.encode()
        return self._written(raw, len(data), self._announce())

    async def _written(self, raw: Any, length: int, number: int) -> int:
        turn = None
        try:
            turn = self._turns.try_take() or await self._turns.take()
            if _core.loop_waits_for_turn():  # it would not come while writes are gathered
                await _give_way()
            if self._dropped or self._stream.closed:
                self._require_open()
            if self._used != len(self._ahead):
                await self._seek(self.tell(), 0)
            if len(raw) >= _LARGE:
                await self._push()  # it goes on alone
            self._pending.append(raw)
            self._pending_size += len(raw)
            if self._pending_size >= _WRITE_BUFFER:
                await self._push()
            self._unmade.discard(number)
        except BaseException:
            self._spoiled = True  # even if it never came to its turn: others may have written behind it
            raise
        finally:
            if turn is not None:
                self._turns.give(turn)
        return length

    async def flush(self) -> None:
        """Hand what was gathered to the engine. It does not appear before the file is closed."""
        turn = self._turns.try_take() or await self._turns.take()
        try:
            await self._push()
        finally:
            self._turns.give(turn)

    async def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position. In text files only to the beginning and the end."""
        turn = self._turns.try_take() or await self._turns.take()
        try:
            return await self._seek(offset, whence)
        finally:
            self._turns.give(turn)

    def tell(self) -> int:
        """The position in bytes, as the calls that have ended left it; binary files only."""
        if not self._binary:
            raise io.UnsupportedOperation("tell on a text file")
        stream = self._stream.tell() if self._place is None else self._place
        return stream - self._left() + self._pending_size

    def truncate(self, size: int | None = None) -> Coroutine[Any, Any, int]:
        """Cut the file at `size`, or at the position; to be awaited."""
        return self._cut(size, self._announce())

    async def _cut(self, size: int | None, number: int) -> int:
        turn = self._turns.try_take() or await self._turns.take()
        try:
            left = await self._truncate(size)
            self._unmade.discard(number)
            return left
        except Exception:
            self._unmade.discard(number)  # the stream knows whether it was cut
            raise
        finally:
            self._turns.give(turn)

    async def fileno(self) -> int:
        """The open file of the system, with everything in it that was written. Local mounts only."""
        turn = self._turns.try_take() or await self._turns.take()
        try:
            await self._push()
            return await self._stream.fileno()
        finally:
            self._turns.give(turn)

    def close(self) -> Coroutine[Any, Any, None]:
        """Commit what was written; to be awaited."""
        self._asked += 1
        return self._closing(self._asked)

    async def _closing(self, number: int) -> None:
        _core.require_event_loop()
        try:
            turn = self._turns.try_take() or await self._turns.take()
            try:
                await self._close(number)
            finally:
                self._turns.give(turn)
        except GeneratorExit:
            self._drop()
            raise
        except BaseException:
            await self._abort()
            raise

    def _drop(self) -> None:
        """Ends without committing and without waiting, for a coroutine that is being closed."""
        self._dropped = True
        self._forget()
        self._stream._discard()

    async def _abort(self) -> None:
        try:
            await self._stream.abort()
            self._forget()
        except BaseException:
            self._drop()
            raise

    async def __aenter__(self) -> AsyncFile:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            await self.close()
        elif isinstance(error, GeneratorExit):
            self._drop()
        elif not self.closed:
            await self._abort()

    def __del__(self) -> None:
        if self.closed or not self._writable:
            return
        warnings.warn(
            f"unclosed file {self.name}: what was written is dropped", ResourceWarning, stacklevel=2, source=self
        )
