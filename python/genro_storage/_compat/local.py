"""LocalStorage: a folder of the file system."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .. import _core
from .engine import EngineBackend, normal_path

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import Self


__all__ = ["LocalStorage"]

_CAPABILITIES = {
    "read", "write", "delete", "mkdir", "list_dir", "atomic_operations", "copy_optimization", "append_mode",
    "seek_support",
}  # fmt: skip


class LocalStorage(EngineBackend):
    """Files in a folder of the file system, which no path leaves.

    path: the folder, absolute; or a function that gives it, asked at every operation. A function with a parameter gets
    the first component of the path, and only the rest is looked for below its answer.

    base_url: where a web server shows the folder; url() then gives addresses below it.
    """

    __module__ = "genro_storage.backends.local"  # the name in pickles and in messages

    PROTOCOL_CAPABILITIES: ClassVar[dict[str, set[str]]] = {"local": _CAPABILITIES}
    _default_protocol = "local"
    _floor = 0  # components that `..` does not leave: the first, where a function of it gives the folder

    def __init__(self, path: str | os.PathLike[str] | Callable[..., Any], base_url: str | None = None) -> None:
        config: dict[str, Any] = {"protocol": "local", "base_path": path}
        if base_url is not None:
            config["base_url"] = base_url
        self._configure(config)
        self._floor = int(_core._mount_layer(self._root)[2])

    @classmethod
    def _over(cls, root: _core.Node) -> Self:
        backend = super()._over(root)
        backend._floor = int(_core._mount_layer(root)[2])
        return backend

    @property
    def base_path(self) -> Path:
        """The folder, with links resolved; a function is asked for it anew."""
        return Path(self._root.resolved_path or "")

    def _node(self, path: str) -> Any:
        if path.startswith("/"):
            base = str(self.base_path)
            inside = path == base or path.startswith(base.rstrip("/") + "/")
            path = path[len(base) :] if inside else ".."  # which is refused below
        if ".." in path:
            path = normal_path(path, self._floor)
        return _core._node_at(self._root, path)

    # For a node a link that leads outside is just absent; here it is an error, which resolved_path() raises.

    def exists(self, path: str) -> bool:
        self.resolved_path(path)
        return super().exists(path)

    def is_file(self, path: str) -> bool:
        self.resolved_path(path)
        return super().is_file(path)

    def is_dir(self, path: str) -> bool:
        self.resolved_path(path)
        return super().is_dir(path)

    def ext_attributes(self, path: str) -> tuple[float | None, int | None, bool]:
        self.resolved_path(path)
        return super().ext_attributes(path)

    @classmethod
    def get_json_info(cls) -> dict[str, Any]:  # type: ignore[override]
        """What a form for a local mount needs."""
        info = super().get_json_info()
        info["schema"]["fields"] = [
            {
                "name": "path",
                "type": "text",
                "label": "Base Path",
                "required": True,
                "placeholder": "/srv/files",
                "help": "Absolute path of the folder that holds the files",
            }
        ]
        # Links are followed, which a form may say; that nodes could make them is not promised.
        info["capabilities"]["symbolic_links"] = sys.platform != "win32"
        info["description"] = "Files in a folder of the file system"
        return info

    def __repr__(self) -> str:
        return f"LocalStorage({str(self.base_path)!r})"
