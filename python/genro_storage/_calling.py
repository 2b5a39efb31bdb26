"""call(): a program of the system over nodes, which see their files under local paths.

Each file is brought once, however often it is named. What the program has changed is uploaded when it has ended well,
and nothing when it has not; the callback comes after that.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
from typing import TYPE_CHECKING, Any

from ._background import in_background, outside_of_loops
from ._core import Node, in_event_loop
from ._program import Program

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator

_log = logging.getLogger("genro_storage")


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
        done = Program(argv, _settings(return_output, kwargs)).run()
        uploads = _Uploads()
        for path in paths.values():
            with uploads:
                path.commit()
        uploads.end()
    output = _output(done, return_output)
    if callback is not None:
        callback()
    return output


async def _call_awaited(
    args: tuple[Any, ...], callback: Any, return_output: bool, kwargs: dict[str, Any]
) -> str | None:
    plan = _Plan(args)
    with plan.brought(awaits=True) as paths:
        argv = plan.argv({key: await path.open() for key, path in paths.items()})
        done = await Program(argv, _settings(return_output, kwargs)).run_awaited()
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


async def _call_behind(args: tuple[Any, ...], callback: Any, kwargs: dict[str, Any]) -> None:
    kwargs = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **kwargs}
    try:
        await _call_awaited(args, None, False, kwargs)
        if callback is not None:
            await outside_of_loops(callback)
    except Exception:
        _log.exception("call() in the background failed")


def call(
    args: tuple[Any, ...],
    callback: Callable[[], object] | None,
    async_mode: bool,
    return_output: bool,
    kwargs: dict[str, Any],
) -> str | Awaitable[str | None] | None:
    """The work of StorageNode.call()."""
    if async_mode:
        in_background(lambda: _call_behind(args, callback, kwargs))
        return None
    if in_event_loop():
        return _call_awaited(args, callback, return_output, kwargs)
    return _call_now(args, callback, return_output, kwargs)
