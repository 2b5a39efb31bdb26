"""call(): a program of the system over nodes, which see their files under local paths.

Each file is brought once, however often it is named. What the program has changed is uploaded when it has ended well,
and nothing when it has not; the callback comes after that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import threading
from typing import TYPE_CHECKING, Any

from ._core import Node, in_event_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator

_log = logging.getLogger("genro_storage")


class _Child:
    """The program while it runs: may be killed from another thread, also before it has begun."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[Any] | None = None
        self._killed = False

    def run(self, argv: list[str], kwargs: dict[str, Any]) -> subprocess.CompletedProcess[Any]:
        """As subprocess.run(), which gives nobody a hold of the process."""
        kwargs = {"check": True, **kwargs}
        data, timeout, check = kwargs.pop("input", None), kwargs.pop("timeout", None), kwargs.pop("check")
        if data is not None:
            kwargs["stdin"] = subprocess.PIPE
        if kwargs.pop("capture_output", False):
            kwargs["stdout"] = kwargs["stderr"] = subprocess.PIPE
        with subprocess.Popen(argv, **kwargs) as process:
            with self._lock:
                self._process = process
                if self._killed:
                    process.kill()
            try:
                output, errors = process.communicate(data, timeout=timeout)
            except BaseException:
                process.kill()
                process.wait()
                raise
        if check and process.returncode:
            raise subprocess.CalledProcessError(process.returncode, argv, output, errors)
        return subprocess.CompletedProcess(argv, process.returncode, output, errors)

    def kill(self) -> None:
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()


class _Plan:
    """The words of the command; which nodes are to be brought, and how."""

    def __init__(self, args: tuple[Any, ...]) -> None:
        if not args:
            raise ValueError("call() needs a program to run")
        self._words: list[tuple[Hashable, str | None]] = []
        self._nodes: dict[Hashable, tuple[Any, str]] = {}
        for arg in args:
            if not isinstance(arg, Node):
                self._words.append((None, str(arg)))
                continue
            key = arg._place()
            writable = not arg.version and arg._capability_fields()["write"]
            if key not in self._nodes or writable:
                self._nodes[key] = (arg, "rw" if writable else "r")
            self._words.append((key, None))

    @contextlib.contextmanager
    def brought(self, awaits: bool) -> Iterator[dict[Hashable, Any]]:
        """The nodes' local paths by their places, closed at the end."""
        paths = {key: node._local_path(mode, awaits) for key, (node, mode) in self._nodes.items()}
        try:
            yield paths
        finally:
            for path in paths.values():
                path.close()

    def argv(self, paths: dict[Hashable, str]) -> list[str]:
        return [paths[key] if word is None else word for key, word in self._words]


def _settings(return_output: bool, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"stdout": subprocess.PIPE, **kwargs} if return_output and not kwargs.get("capture_output") else kwargs


def _output(done: subprocess.CompletedProcess[Any], return_output: bool) -> str | None:
    if not return_output or done.stdout is None:
        return None
    return done.stdout if isinstance(done.stdout, str) else done.stdout.decode("utf-8")


class _Uploads:
    """Stands around each upload: one that fails is no reason to lose the others. end() tells the first failure."""

    def __init__(self) -> None:
        self._failures: list[Exception] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self._failures.append(error)
        return True

    def end(self) -> None:
        if self._failures:
            raise self._failures[0]


def _call_now(args: tuple[Any, ...], callback: Any, return_output: bool, kwargs: dict[str, Any]) -> str | None:
    plan = _Plan(args)
    with plan.brought(awaits=False) as paths:
        argv = plan.argv({key: path.open() for key, path in paths.items()})
        done = _Child().run(argv, _settings(return_output, kwargs))
        uploads = _Uploads()
        for path in paths.values():
            with uploads:
                path.commit()
        uploads.end()
    output = _output(done, return_output)
    if callback is not None:
        callback()
    return output


async def _run_on_thread(argv: list[str], kwargs: dict[str, Any]) -> subprocess.CompletedProcess[Any]:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[subprocess.CompletedProcess[Any]] = loop.create_future()
    child = _Child()

    def settle(done: Any, error: BaseException | None) -> None:
        if error is None:
            ended.set_result(done)
        else:
            ended.set_exception(error)

    def work() -> None:
        done, failure = None, None
        try:
            done = child.run(argv, kwargs)
        except BaseException as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, done, failure)

    threading.Thread(target=work, name="genro_storage call", daemon=True).start()
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        child.kill()
        await asyncio.wait([ended])
        ended.exception()  # is not of interest
        raise


async def _call_awaited(
    args: tuple[Any, ...], callback: Any, return_output: bool, kwargs: dict[str, Any]
) -> str | None:
    plan = _Plan(args)
    with plan.brought(awaits=True) as paths:
        argv = plan.argv({key: await path.open() for key, path in paths.items()})
        done = await _run_on_thread(argv, _settings(return_output, kwargs))
        uploads = _Uploads()
        for path in paths.values():
            with uploads:
                await path.commit()
        uploads.end()
    output = _output(done, return_output)
    if callback is not None:
        answer = callback()
        if hasattr(answer, "__await__"):
            await answer
    return output


def _call_in_background(args: tuple[Any, ...], callback: Any, kwargs: dict[str, Any]) -> None:
    kwargs = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **kwargs}

    def work() -> None:
        try:
            _call_now(args, callback, False, kwargs)
        except Exception:
            _log.exception("call() in the background failed")

    threading.Thread(target=work, name="genro_storage call", daemon=True).start()


def call(
    args: tuple[Any, ...],
    callback: Callable[[], object] | None,
    async_mode: bool,
    return_output: bool,
    kwargs: dict[str, Any],
) -> str | Awaitable[str | None] | None:
    """The work of StorageNode.call()."""
    if async_mode:
        _call_in_background(args, callback, kwargs)
        return None
    if in_event_loop():
        return _call_awaited(args, callback, return_output, kwargs)
    return _call_now(args, callback, return_output, kwargs)
