"""RelativeMountBackend: a part of another backend, or all of it, with a permission level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from .. import _core, registry
from ..capabilities import BackendCapabilities
from .engine import mountable, normal_path
from .forwarding import ForwardingBackend

if TYPE_CHECKING:
    from ..backends.base import StorageBackend

__all__ = ["PermissionLevel", "RelativeMountBackend"]

PermissionLevel = Literal["readonly", "readwrite", "delete"]


class RelativeMountBackend(ForwardingBackend):
    """What lies below one folder of another backend; nothing leaves it.

    Closing it leaves the parent open.

    parent_backend: any StorageBackend.
    relative_path: the folder; "" for all of the parent.
    permissions: "readonly", "readwrite" (no deleting) or "delete" (everything).
    """

    __module__ = "genro_storage.backends.relative"  # the name in pickles and in messages

    _root: _core.Node | None = None  # on the engine's mount, once it is needed
    _owned = True

    def __init__(
        self, parent_backend: StorageBackend, relative_path: str, permissions: PermissionLevel = "delete"
    ) -> None:
        _core._require_right(permissions, "read", relative_path)
        self.parent = self._behind = parent_backend
        self.relative_path = relative_path.rstrip("/")
        self.permissions = permissions

    @classmethod
    def _over(cls, root: _core.Node, parent: StorageBackend, folder: str, permissions: PermissionLevel) -> Self:
        """The object for a mount that exists."""
        backend = cls(parent, folder, permissions)
        backend._root = root
        backend._owned = False
        return backend

    def _mountable(self) -> _core.Node:
        """The root node of such a mount of the engine."""
        if self._root is None:
            manager = registry.new_manager()
            _core._mount_backend(manager, "parent", mountable(self.parent))
            manager.add_mount(
                {"name": "relative", "path": f"parent:{self.relative_path}", "permissions": self.permissions}
            )
            self._root = manager.node("relative")
        return self._root

    def _inner_path(self, path: str, right: str = "read") -> str:
        _core._require_right(self.permissions, right, path)
        if ".." in path.split("/"):
            inside = normal_path(path)
            path = inside if self.relative_path else path  # else the parent decides how far `..` may go
        if not self.relative_path:
            return path
        path = path.strip("/")
        return f"{self.relative_path}/{path}" if path else self.relative_path

    @property
    def capabilities(self) -> BackendCapabilities:
        """The parent's, less what the permissions withhold."""
        if self.permissions == "delete":
            return self.parent.capabilities
        return BackendCapabilities(**_core._limited_capabilities(self.parent, self.permissions))

    def __repr__(self) -> str:
        return f"RelativeMountBackend({self.parent!r}, {self.relative_path!r}, permissions={self.permissions!r})"
