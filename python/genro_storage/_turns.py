"""Turns: calls of one object that wait in the middle are run one after the other, in the order in which they came."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Any

from ._core import TurnOwner

_PASSING_ON = object()


class Turns(TurnOwner):
    """For tasks of any event loops, of any threads.

        turn = turns.try_take() or await turns.take()
        try:
            ...
        finally:
            turns.give(turn)

    A turn is the loop of whoever took it at once, or the future of whoever waited for it. What a loop left undone when
    it was closed holds up nobody.
    """

    __slots__ = ("_guard",)

    def __init__(self) -> None:
        self._guard = threading.Lock()  # of the line and its first, while somebody waits

    async def take(self) -> Any:
        """Wait for the turn. Cancelled meanwhile, the task has none."""
        waiting = asyncio.get_running_loop().create_future()
        self._line.append(waiting)
        if self.try_take() is not None or self._take_over():  # given back in between by another thread, or lost
            self._pass_on()  # to the first in line, perhaps this one
        try:
            await waiting
        except BaseException:
            self._leave(waiting)
            raise
        return waiting

    def _take_over(self) -> bool:
        """Takes the turn from an owner whose loop was closed: it will never give it back."""
        with self._guard:
            owner = self._owner
            loop = owner.get_loop() if isinstance(owner, asyncio.Future) else owner
            if not isinstance(loop, asyncio.AbstractEventLoop) or not loop.is_closed():
                return False
            self._owner = _PASSING_ON
            return True

    def _leave(self, waiting: asyncio.Future[None]) -> None:
        with self._guard:
            mine = self._owner is waiting
            if mine:
                self._owner = _PASSING_ON
            with suppress(ValueError):
                self._line.remove(waiting)
            with suppress(RuntimeError):  # its loop is closed
                waiting.cancel()
        if mine:
            self._pass_on()

    def _pass_on(self) -> None:
        """By whoever has the turn."""
        turn = self._owner
        while True:
            with self._guard:
                self._owner = turn
                if not self._line:
                    break
                waiting = self._line.pop(0)
                if waiting.done():
                    continue
                self._owner = waiting
                loop = waiting.get_loop()
                if asyncio._get_running_loop() is loop:
                    waiting.set_result(None)
                    return
                with suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(_wake, waiting)
                    return
        self.give(turn)


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
