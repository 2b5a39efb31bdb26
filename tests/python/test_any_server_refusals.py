"""Whoever may not, and whatever is not there, on every kind of server: an error that says which, and nothing done."""

from __future__ import annotations

import pytest

from genro_storage import StorageManager
from genro_storage.exceptions import StorageAuthenticationError, StorageNotFoundError, StoragePermissionError
from served import Served, served  # noqa: F401  a fixture

CONTENT = b"what is there"
CALLS = {
    "read": lambda storage: storage.node("wrong:a").read_bytes(),
    "list": lambda storage: storage.node("wrong:").children(),
    "write": lambda storage: storage.node("wrong:a").write_bytes(b"x"),
    "delete": lambda storage: storage.node("wrong:a").delete(),
}
# Servers that call a wrong signature, or a request without one, a lack of permission.
SAY_PERMISSION = {("minio", "missing"), ("minio", "wrong")} | {
    ("azurite", what) for what in ("missing", "wrong", "expired")
}


def mounted(served: Served, what: str) -> StorageManager:  # noqa: F811
    config = served.wrong.get(what)
    if config is None:
        pytest.skip(f"{served.name} cannot be brought to it")
    served.fill({"a": CONTENT})
    storage = StorageManager()
    storage.add_mount({key: value for key, value in config.items() if value is not None} | {"name": "wrong"})
    return storage


def calls_of(served: Served) -> list[str]:  # noqa: F811
    left_out = {"write", "delete"} if not served.writable else set()
    return [call for call in CALLS if call not in left_out | (set() if served.lists else {"list"})]


@pytest.mark.parametrize("what", ["missing", "wrong", "expired"])
async def test_credentials_that_are_no_good_are_said_to_be(served, io, what):  # noqa: F811
    storage = mounted(served, what)
    expected = StorageAuthenticationError
    if (served.name, what) in SAY_PERMISSION:
        expected = StoragePermissionError
    if (served.name, what) == ("github", "missing"):  # GitHub says of a private repository that it is not there
        expected = StorageNotFoundError
    for call in calls_of(served):
        with pytest.raises(expected, match="wrong:") as raised:
            await io(CALLS[call](storage))
        assert len(str(raised.value).partition("wrong:")[2]) > 10, "it does not say what was wrong"
    assert await io(served.mounted().node("there:a").read_bytes()) == CONTENT


async def test_a_place_that_nobody_has_made_is_not_found(served, io):  # noqa: F811
    storage = mounted(served, "no_place")
    for call in calls_of(served):
        if call != "delete":  # of what is not there, which is done
            with pytest.raises(StorageNotFoundError, match="wrong:"):
                await io(CALLS[call](storage))
    assert await io(storage.node("wrong:a").exists()) is False


async def test_who_may_only_read_reads_and_changes_nothing(served, io):  # noqa: F811
    storage = mounted(served, "forbidden")
    assert await io(storage.node("wrong:a").read_bytes()) == CONTENT
    for call in ("write", "delete"):
        with pytest.raises(StoragePermissionError, match="wrong:a") as raised:
            await io(CALLS[call](storage))
        assert not isinstance(raised.value, StorageAuthenticationError)
    assert await io(served.mounted().node("there:a").read_bytes()) == CONTENT
