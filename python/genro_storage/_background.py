"""Background work, which nobody awaits: all of it runs on one thread with an event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class _Background:
    """The thread is started by the first work and lives until exit. A forked child has one of its own."""

    def __init__(self) -> None:
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="genro_storage background", daemon=True).start()
            loop = self._loop
        loop.call_soon_threadsafe(self._begin, loop, work)

    def _begin(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = loop.create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_background = _Background()


def in_background(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run the coroutine on that thread's loop. Nobody awaits it, so it has to report its failures itself."""
    _background.submit(work)


async def outside_of_loops(function: Callable[[], object]) -> None:
    """Call the function on a thread of its own, where no event loop runs and the library's methods give values."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def resolve(error: BaseException | None) -> None:
        if error is None:
            ended.set_result(None)
        else:
            ended.set_exception(error)

    def call() -> None:
        failure = None
        try:
            function()
        except BaseException as error:
            failure = error
        loop.call_soon_threadsafe(resolve, failure)

    threading.Thread(target=call, name="genro_storage callback", daemon=True).start()
    await ended
