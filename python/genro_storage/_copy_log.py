"""How a copy reports what it could not copy, where the caller gave no on_error."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._core import Node


def log_copy_error(source: Node, error: BaseException) -> None:
    """Warn in the log "genro_storage"."""
    import logging

    logging.getLogger("genro_storage").warning("%s: %s", source.fullpath, error)
