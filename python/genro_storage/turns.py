"""Turns: calls of one object that wait in the middle are run one after the other, in the order in which they came."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress
from typing import Any

from ._core import require_event_loop


class Turns:
    """For tasks of any event loops, of any threads.

        turn = turns.try_take() or await turns.take()
        try:
            ...
        finally:
            turns.give(turn)

    What a loop left undone when it was closed holds up nobody.
    """

    __slots__ = ("_guard", "_line", "_owner", "_taken")

    def __init__(self) -> None:
        self._taken = threading.Lock()
        self._owner: Any = None  # the loop of whoever took it at once, or the future of whoever waited for it
        self._guard = threading.Lock()  # of the line, and of the owner while somebody waits
        self._line: deque[asyncio.Future[None]] = deque()

    def try_take(self) -> Any:
        """The turn if it is free, without waiting, else None. Raises StorageEventLoopError where nothing can wait."""
        require_event_loop()
        if not self._taken.acquire(False):
            return None
        self._owner = asyncio.get_running_loop()
        return self._owner

    async def take(self) -> Any:
        """Wait for the turn. Cancelled meanwhile, the task has none."""
        waiting = asyncio.get_running_loop().create_future()
        with self._guard:
            self._line.append(waiting)
            if self._taken.acquire(False) or self._is_lost():
                self._pass_on()  # to the first in line, perhaps this one
        try:
            await waiting
        except BaseException:
            self._leave(waiting)
            raise
        return waiting

    def give(self, turn: Any) -> None:
        """Give it back."""
        if turn is not self._owner:
            return  # it was lost with its loop
        with self._guard:
            self._pass_on()

    def _is_lost(self) -> bool:
        owner = self._owner
        loop = owner.get_loop() if isinstance(owner, asyncio.Future) else owner
        return loop is not None and loop.is_closed()

    def _leave(self, waiting: asyncio.Future[None]) -> None:
        with self._guard:
            if self._owner is waiting:
                self._pass_on()
            else:
                with suppress(ValueError):
                    self._line.remove(waiting)
            with suppress(RuntimeError):  # its loop is closed
                waiting.cancel()

    def _pass_on(self) -> None:
        """By whoever has the turn and the guard."""
        while self._line:
            waiting = self._owner = self._line.popleft()
            if waiting.done():
                continue
            loop = waiting.get_loop()
            if asyncio._get_running_loop() is loop:
                waiting.set_result(None)
                return
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(_wake, waiting)
                return
        self._owner = None
        self._taken.release()


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
