"""serve(): a file as a WSGI response (PEP 3333), whose body is a list subclass that is read only while it is sent."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import index
from types import new_class
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import _core
    from .node import StorageNode

# The fields that an answer depends on (RFC 9110 sections 13 and 14).
_FIELDS = ("IF_MATCH", "IF_NONE_MATCH", "IF_MODIFIED_SINCE", "IF_UNMODIFIED_SINCE", "IF_RANGE", "RANGE")


class ServedBody(Sequence[bytes]):
    """A body as a list of chunks of at most 65,536 bytes, read when they are asked for and kept by nobody.

    It may be iterated, indexed, sliced and compared again and again. A file that was replaced since the response was
    made raises: what was announced cannot be sent any more. close() lets go of the open file; WSGI servers call it.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, chunks: _core.ServeBody) -> None:
        self._chunks = chunks

    def __len__(self) -> int:
        return len(self._chunks)

    @overload
    def __getitem__(self, item: int) -> bytes: ...
    @overload
    def __getitem__(self, item: slice) -> list[bytes]: ...
    def __getitem__(self, item: int | slice) -> bytes | list[bytes]:
        if isinstance(item, slice):
            return [self._chunks[i] for i in range(*item.indices(len(self._chunks)))]
        return self._chunks[item]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (list, ServedBody)):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __add__(self, other: list[bytes]) -> list[bytes]:
        return [*self, *other]

    def __radd__(self, other: list[bytes]) -> list[bytes]:
        return [*other, *self]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} chunks>"

    def close(self) -> None:
        self._chunks.close()


class _SentFile(io.FileIO):
    """The part of an open file that is a body, for servers that send files by themselves."""

    def __init__(self, descriptor: int, begin: int, end: int) -> None:
        super().__init__(descriptor, "rb")
        self._end = end
        self.seek(begin)

    def _left(self) -> int:
        return max(self._end - self.tell(), 0)

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._left() if size is None or size < 0 else min(size, self._left())) or b""

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        return super().readinto(view[: self._left()]) or 0

    def __del__(self) -> None:
        self.close()  # the finaliser of io would warn first


@lru_cache(maxsize=16)
def _sendable(wrapper: type[Any]) -> type[ServedBody] | None:
    """A body that a server takes for one of its own file wrappers, by isinstance(); None where it cannot be."""

    def close(self: Any) -> None:
        self._sent.close()
        ServedBody.close(self)

    try:
        return new_class("SendableBody", (ServedBody, wrapper), exec_body=lambda names: names.update(close=close))
    except TypeError:
        return None


def _body_for(server_wrapper: Any, chunks: _core.ServeBody) -> ServedBody:
    span = chunks.span() if isinstance(server_wrapper, type) else None
    sendable = _sendable(server_wrapper) if span else None
    if not span or not sendable:
        return ServedBody(chunks)
    descriptor, begin, size = span
    body: Any = sendable.__new__(sendable)
    ServedBody.__init__(body, chunks)
    body._sent = _SentFile(os.dup(descriptor), begin, begin + size)
    try:
        server_wrapper.__init__(body, body._sent)
    except TypeError:  # not of the form that PEP 3333 describes
        return ServedBody(chunks)
    body.__dict__.pop("close", None)  # wrappers like to put the file's own there
    return body  # type: ignore[no-any-return]


def _checked_age(cache_max_age: Any) -> int | None:
    if cache_max_age is None:
        return None
    seconds = index(cache_max_age)
    if not 0 <= seconds < 2**63:
        raise ValueError(f"cache_max_age must be a number of seconds from 0 on, not {seconds}")
    return seconds


def serve_node(
    node: StorageNode,
    environ: dict[str, Any],
    start_response: Callable[..., Any],
    download: bool,
    download_name: str | None,
    cache_max_age: int | None,
    mimetype: str | None,
) -> Sequence[bytes]:
    """The work of StorageNode.serve()."""
    fields = [(name.replace("_", "-"), value) for name in _FIELDS if (value := environ.get(f"HTTP_{name}"))]
    status, headers, chunks = node._serve(
        environ.get("REQUEST_METHOD", "GET"),
        fields,
        bool(download),
        download_name,
        _checked_age(cache_max_age),
        mimetype if mimetype is not None else node.mimetype,
    )
    start_response(status, headers)
    if status.startswith("304"):
        return [b""]
    if len(chunks) <= 1:
        return list(iter(chunks))
    return _body_for(environ.get("wsgi.file_wrapper"), chunks)
