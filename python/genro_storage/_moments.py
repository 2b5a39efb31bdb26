"""Moments, as nanoseconds since 1970: what versions are looked up by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def unix_nanoseconds(moment: Any) -> int:
    """The last nanosecond of a datetime's microsecond. One without a time zone is UTC."""
    if not isinstance(moment, datetime):
        raise TypeError(f"as_of must be a datetime, not '{type(moment).__name__}'")
    if moment.utcoffset() is None:
        moment = moment.replace(tzinfo=UTC)
    microseconds: int = (moment - _EPOCH) // timedelta(microseconds=1)
    return microseconds * 1000 + 999
