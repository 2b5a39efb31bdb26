"""A program of the system, as `subprocess.run` runs one, with or without an event loop.

Inside an event loop everything is waited for on the loop: what the program writes, what it still has to be given, and
its end. Starting it takes a helper thread for a moment.

A program that is given up (a time limit, a cancelled task, Ctrl-C) is killed with all that it has started, and nobody
waits for the end of a pipe that one of those holds. For that it gets a process group of its own, except where the
standard input is a terminal: there a program of another group may not read, and Ctrl-C reaches all of them anyway.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import errno
import io
import os
import signal
import subprocess
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 1 << 18
_POLL_SECONDS = 0.005  # between two looks at a process, where nothing tells when it ends
# Starting a program fails while descriptors or processes are used up. It is tried again until others have freed some.
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.EAGAIN}
_RETRY_SECONDS = 0.02
_GIVE_UP_SECONDS = 60.0


class Program:
    """One run. `kwargs` are those of `subprocess.run`, except that `check` is true unless given."""

    def __init__(self, argv: list[str], kwargs: dict[str, Any]) -> None:
        kwargs = dict(kwargs)
        self._argv = argv
        self._check = kwargs.pop("check", True)
        self._timeout = kwargs.pop("timeout", None)
        self._input = kwargs.pop("input", None)
        if self._input is not None:
            kwargs["stdin"] = subprocess.PIPE
        if kwargs.pop("capture_output", False):
            kwargs["stdout"] = kwargs["stderr"] = subprocess.PIPE
        own = "start_new_session" not in kwargs and "process_group" not in kwargs and "preexec_fn" not in kwargs
        self._own_group = own and not _at_terminal()
        if self._own_group:
            kwargs["process_group"] = 0
        self._kwargs = kwargs

    def run(self) -> subprocess.CompletedProcess[Any]:
        """Waits on this thread."""
        process = self._start_waiting()
        with process:
            try:
                output, errors = process.communicate(self._input, timeout=self._timeout)
            except BaseException:
                self._kill(process)
                process.wait()
                raise
        return self._completed(process, output, errors)

    async def run_awaited(self) -> subprocess.CompletedProcess[Any]:
        """Waits on the running event loop."""
        process = await self._start_awaited()
        loop = asyncio.get_running_loop()
        try:
            pipes = _Pipes(loop, process, self._input)
        except BaseException:
            self._drop(process)
            raise
        try:
            async with asyncio.timeout(self._timeout):
                await pipes.ended()
                await _end_of(loop, process)
        except GeneratorExit:
            self._kill(process)
            process.wait()
            raise
        except BaseException as stopped:
            self._kill(process)
            await _to_the_end(asyncio.ensure_future(_end_of(loop, process)))
            if isinstance(stopped, TimeoutError):
                raise subprocess.TimeoutExpired(self._argv, self._timeout, *pipes.seen()) from None
            raise
        finally:
            pipes.close()
        return self._completed(process, pipes.output(), pipes.errors())

    def _start(self) -> subprocess.Popen[Any]:
        return subprocess.Popen(self._argv, **self._kwargs)

    def _start_waiting(self) -> subprocess.Popen[Any]:
        gives_up_at = time.monotonic() + _GIVE_UP_SECONDS
        while True:
            try:
                return self._start()
            except OSError as error:
                if error.errno not in _EXHAUSTED or time.monotonic() > gives_up_at:
                    raise
            time.sleep(_RETRY_SECONDS)

    async def _start_awaited(self) -> subprocess.Popen[Any]:
        gives_up_at = time.monotonic() + _GIVE_UP_SECONDS
        while True:
            try:
                return await self._start_elsewhere()
            except OSError as error:
                if error.errno not in _EXHAUSTED or time.monotonic() > gives_up_at:
                    raise
            await asyncio.sleep(_RETRY_SECONDS)

    async def _start_elsewhere(self) -> subprocess.Popen[Any]:
        """Not on the loop's thread: the program may lie on a slow disk."""
        loop = asyncio.get_running_loop()
        started: asyncio.Future[subprocess.Popen[Any]] = loop.create_future()
        lock = threading.Lock()  # over the two: a program is handed over, or given up, and never lost in between
        handed: subprocess.Popen[Any] | None = None
        given_up = False

        def resolve(process: Any, error: Any) -> None:
            if given_up:
                return
            if error is None:
                started.set_result(process)
            else:
                started.set_exception(error)

        def work() -> None:
            nonlocal handed
            process = failure = None
            try:
                process = self._start()
            except BaseException as error:
                failure = error
            with lock, contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                if not given_up:
                    loop.call_soon_threadsafe(resolve, process, failure)
                    handed = process
                    return
            self._drop(process)

        _starters.submit(work)
        try:
            try:
                return await asyncio.shield(started)
            except asyncio.CancelledError:
                # What is reported as cancelled does not begin afterwards.
                await _to_the_end(started)
                if started.exception() is None:
                    self._drop(started.result())
                raise
        except GeneratorExit:
            with lock:
                given_up = True
            self._drop(handed)
            raise

    def _kill(self, process: subprocess.Popen[Any]) -> None:
        if self._own_group and process.returncode is None:  # until it is waited for, its number is not given to another
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()

    def _drop(self, process: subprocess.Popen[Any] | None) -> None:
        if process is None:
            return
        self._kill(process)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        process.wait()

    def _completed(self, process: subprocess.Popen[Any], output: Any, errors: Any) -> subprocess.CompletedProcess[Any]:
        if self._check and process.returncode:
            raise subprocess.CalledProcessError(process.returncode, self._argv, output, errors)
        return subprocess.CompletedProcess(self._argv, process.returncode, output, errors)


def _at_terminal() -> bool:
    try:
        return os.isatty(0)
    except OSError:
        return False


class _Pipes:
    """The pipes to a program, served by an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, process: subprocess.Popen[Any], data: Any) -> None:
        self._loop = loop
        self._open: set[IO[Any]] = set()
        self._got: dict[IO[Any] | None, bytearray] = {}
        self._all_closed = loop.create_future()
        self._output, self._errors = process.stdout, process.stderr
        self._rest = memoryview(_bytes_of(data, process.stdin)).cast("B")
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                self._got[pipe] = bytearray()
                self._serve(pipe, loop.add_reader, self._read)
        if process.stdin is not None:
            self._serve(process.stdin, loop.add_writer, self._write)
        if not self._open:
            _resolve(self._all_closed)

    async def ended(self) -> None:
        """All has been given, and all ends of what is read are closed."""
        await self._all_closed

    def output(self) -> Any:
        return self._content(self._output)

    def errors(self) -> Any:
        return self._content(self._errors)

    def seen(self) -> tuple[bytes | None, bytes | None]:
        """Output and errors until now, as bytes in any case."""
        return self._bytes(self._output), self._bytes(self._errors)

    def close(self) -> None:
        for pipe in list(self._open):
            self._close(pipe)

    def _bytes(self, pipe: IO[Any] | None) -> bytes | None:
        return bytes(self._got[pipe]) if pipe is not None else None

    def _content(self, pipe: IO[Any] | None) -> bytes | str | None:
        content = self._bytes(pipe)
        if content is None or not isinstance(pipe, io.TextIOWrapper):
            return content
        return content.decode(pipe.encoding, pipe.errors or "strict").replace("\r\n", "\n").replace("\r", "\n")

    def _serve(self, pipe: IO[Any], add: Callable[..., object], step: Callable[[IO[Any]], None]) -> None:
        os.set_blocking(pipe.fileno(), False)
        self._open.add(pipe)
        add(pipe.fileno(), step, pipe)

    def _read(self, pipe: IO[Any]) -> None:
        try:
            piece = os.read(pipe.fileno(), _CHUNK)
        except BlockingIOError:
            return
        self._got[pipe] += piece
        if not piece:
            self._close(pipe)

    def _write(self, pipe: IO[Any]) -> None:
        try:
            self._rest = self._rest[os.write(pipe.fileno(), self._rest[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it wants no more, as with subprocess
            self._rest = self._rest[:0]
        if not self._rest:
            self._close(pipe)

    def _close(self, pipe: IO[Any]) -> None:
        self._open.discard(pipe)
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.remove_reader(pipe.fileno())
            self._loop.remove_writer(pipe.fileno())
        pipe.close()
        if not self._open:
            _resolve(self._all_closed)


def _bytes_of(data: Any, pipe: IO[Any] | None) -> Any:
    if isinstance(data, str) and isinstance(pipe, io.TextIOWrapper):
        return data.encode(pipe.encoding, pipe.errors or "strict")
    return b"" if data is None else data


async def _end_of(loop: asyncio.AbstractEventLoop, process: subprocess.Popen[Any]) -> None:
    watch = -1
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # an old kernel, or no descriptor is left
            watch = os.pidfd_open(process.pid)
    try:
        if watch >= 0:
            ended = loop.create_future()
            loop.add_reader(watch, _resolve, ended)
            await ended
        while process.poll() is None:  # noqa: ASYNC110  nothing tells of it where there is no such descriptor
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        if watch >= 0:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.remove_reader(watch)
            os.close(watch)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _to_the_end(work: asyncio.Future[Any]) -> None:
    """Waits for it, also when cancelled meanwhile; whoever calls is about to say so anyway."""
    while not work.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([work])


class _Starters:
    """A few threads that start programs, gone when there is none to start. A forked child begins without any."""

    _MOST = 4

    def __init__(self) -> None:
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._waiting: collections.deque[Callable[[], None]] = collections.deque()
        self._threads = 0

    def submit(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._waiting.append(work)
            if self._threads == self._MOST:
                return
            self._threads += 1
        threading.Thread(target=self._serve, name="genro_storage call", daemon=True).start()

    def _serve(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                work = self._waiting.popleft()
            work()


_starters = _Starters()
