"""Code written for genro-storage 0.8 gives the same here: each scenario runs in that library and in ours.

What ours does better on purpose is not compared here; docs/coming-from-genro-storage.md lists it.
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import scenarios
from conftest import s3_mount
from old_library import OldLibrary, RaisedError, run_ours

pytestmark = pytest.mark.full_only

Scenario = Callable[..., Any]
Mounts = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(params=["local", "memory", "minio"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Mounts:
    """Mounts `m` and `other` on an empty place; `who` keeps the two libraries apart."""

    def mounts(who: str) -> list[dict[str, Any]]:
        if request.param == "local":
            for name in ("m", "other"):
                (tmp_path / who / name).mkdir(parents=True, exist_ok=True)
            return [
                {"name": name, "protocol": "local", "base_path": str(tmp_path / who / name)} for name in ("m", "other")
            ]
        if request.param == "memory":
            return [{"name": n, "protocol": "memory", "base_path": f"{uuid.uuid4().hex}-{n}"} for n in ("m", "other")]
        return [s3_mount("m", "minio"), s3_mount("other", "minio")]

    return mounts


def outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except RaisedError as error:
        return error
    except Exception as error:
        return RaisedError([kind.__name__ for kind in type(error).__mro__], str(error))


BUILTIN = {
    *("FileNotFoundError", "FileExistsError", "IsADirectoryError", "NotADirectoryError", "PermissionError", "OSError"),
    *("ValueError", "TypeError", "IndexError", "KeyError", "LookupError", "AttributeError", "NotImplementedError"),
    *("UnicodeDecodeError", "UnicodeEncodeError", "CalledProcessError"),
}


def check_same(scenario: Scenario, old: OldLibrary, mounts: Mounts, **more: Any) -> None:
    before = outcome(lambda: old.run(scenario, mounts("old"), **more))
    now = outcome(lambda: run_ours(scenario, mounts("new"), **more))
    if isinstance(before, RaisedError):
        assert isinstance(now, RaisedError), f"before: {before}\nnow: {now!r}"
        expected = next(name for name in before.classes if name in BUILTIN or name.startswith("Storage"))
        assert expected in now.classes, f"before: {before}\nnow: {now}"
    else:
        assert now == before


COMPARED = [
    function
    for name, function in vars(scenarios).items()
    if inspect.isfunction(function) and function is not scenarios.errors
]


@pytest.mark.parametrize("scenario", COMPARED, ids=lambda scenario: scenario.__name__)
def test_a_scenario_gives_what_it_gave_before(scenario: Scenario, old: OldLibrary, place: Mounts) -> None:
    check_same(scenario, old, place)


def test_bad_calls_raise_what_they_raised_before(old: OldLibrary, place: Mounts) -> None:
    before = old.run(scenarios.errors, place("old"))
    now = run_ours(scenarios.errors, place("new"))
    different = {}
    for name, was in before.items():
        if was is None or now[name] is None:
            same = was is now[name]
        else:
            same = next(c for c in was[0] if c in BUILTIN or c.startswith("Storage")) in now[name][0]
        if not same:
            different[name] = (was, now[name])
    assert different == {}
