"""The Python library whose place ours takes, as a black box: its released wheel in a process of its own.

A scenario is a plain function `scenario(storage, **arguments)`. `old.run(scenario, mounts, **arguments)` sends its
source to that process and gives what it returned, or the exception as `RaisedError`. Values cross by pickle of plain
types.
"""

from __future__ import annotations

import inspect
import pickle
import subprocess
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from genro_storage import StorageManager

WORKER = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
from genro_storage import StorageManager
requests, answers = sys.stdin.buffer, sys.stdout.buffer
sys.stdout = sys.stderr
while True:
    try:
        source, name, mounts, arguments = pickle.load(requests)
    except EOFError:
        break
    try:
        storage = StorageManager()
        storage.configure(mounts)
        scope = {}
        exec(source, scope)
        answer = ("value", scope[name](storage, **arguments))
    except BaseException as error:
        answer = ("raised", [kind.__name__ for kind in type(error).__mro__], str(error))
    pickle.dump(answer, answers)
    answers.flush()
"""


@dataclass
class RaisedError(Exception):
    """What a scenario raised: the names of its class and of all bases, and its text."""

    classes: list[str]
    text: str

    def __str__(self) -> str:
        return f"{self.classes[0]}: {self.text}"


class OldLibrary:
    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen([python, "-I", "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, scenario: Callable[..., Any], mounts: list[dict[str, Any]], **arguments: Any) -> Any:
        """What the scenario returns there; raises `RaisedError`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = (textwrap.dedent(inspect.getsource(scenario)), scenario.__name__, mounts, arguments)
        pickle.dump(request, self._process.stdin)
        self._process.stdin.flush()
        kind, *answer = pickle.load(self._process.stdout)
        if kind == "raised":
            raise RaisedError(*answer)
        return answer[0]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()


def run_ours(scenario: Callable[..., Any], mounts: list[dict[str, Any]], **arguments: Any) -> Any:
    """The same in this process, with our library."""
    storage = StorageManager()
    storage.configure(mounts)
    return scenario(storage, **arguments)
