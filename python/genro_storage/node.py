"""StorageNode: one file or folder of one mount, whether it exists or not."""

from __future__ import annotations

from enum import Enum

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs milliseconds to import
    from typing import Any

    from .capabilities import BackendCapabilities
    from .files import StorageFile

__all__ = ["SkipStrategy", "StorageNode"]


class SkipStrategy(str, Enum):  # noqa: UP042  str() of a StrEnum is another
    """When copy_to() leaves a file out."""

    NEVER = "never"
    EXISTS = "exists"
    SIZE = "size"
    HASH = "hash"
    CUSTOM = "custom"


def _log_copy_error(source: StorageNode, error: BaseException) -> None:
    import logging

    logging.getLogger("genro_storage").warning("%s: %s", source.fullpath, error)


class StorageNode(_core.Node):
    """One file or folder of one mount, whether it exists or not.

    Outside of an event loop every method that touches storage returns its value; inside a running loop it returns an
    awaitable of the same value. Names and other properties are plain everywhere.
    """

    __slots__ = ()

    def _create_node(self, manager: Any, mount_name: str, path: str) -> StorageNode:
        """Makes every node derived from this one; subclasses with other constructors override it."""
        return self.__class__(manager, mount_name, path)

    @property
    def capabilities(self) -> BackendCapabilities:
        """What this node's mount can do."""
        from .capabilities import BackendCapabilities

        return BackendCapabilities(**self._capability_fields())

    @property
    def _backend(self) -> Any:
        """The backend object of this node's mount; see StorageManager._mounts."""
        from .backends.mounts import backend_of

        return backend_of(self)

    def open(self, mode: str = "r", version: Any = None, as_of: Any = None) -> StorageFile:
        """Open the file as a stream, with the modes of the builtin open(); text is UTF-8.

        Use it with `with`, or inside an event loop with `async with`. What was written appears whole when the block
        ends, and not at all when it raises.
        """
        from .files import open_node

        return open_node(self, mode, version, as_of)

    def __reduce__(self) -> tuple[Any, ...]:
        from . import registry

        return registry.reduce_node(self)


_core._set_node_class(StorageNode)
