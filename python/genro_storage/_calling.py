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
from ._core import Node, _call_files, in_event_loop
from ._program import Program

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_log = logging.getLogger("genro_storage")


def _arguments(args: tuple[Any, ...]) -> list[str | Node]:
    return [arg if isinstance(arg, Node) else str(arg) for arg in args]


def _settings(return_output: bool, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"stdout": subprocess.PIPE, **kwargs} if return_output and not kwargs.get("capture_output") else kwargs


def _output(done: subprocess.CompletedProcess[Any], return_output: bool) -> str | None:
    if not return_output or done.stdout is None:
        return None
    return done.stdout if isinstance(done.stdout, str) else done.stdout.decode("utf-8")


def _call_now(args: tuple[Any, ...], callback: Any, return_output: bool, kwargs: dict[str, Any]) -> str | None:
    with contextlib.closing(_call_files(_arguments(args), False)) as files:
        done = Program(files.open(), _settings(return_output, kwargs)).run()
        files.commit()
    output = _output(done, return_output)
    if callback is not None:
        callback()
    return output


async def _call_awaited(
    args: tuple[Any, ...], callback: Any, return_output: bool, kwargs: dict[str, Any]
) -> str | None:
    with contextlib.closing(_call_files(_arguments(args), True)) as files:
        done = await Program(await files.open(), _settings(return_output, kwargs)).run_awaited()
        await files.commit()
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
