"""Base64Backend: contents that are their own paths."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from .. import _core
from .engine import EngineBackend

__all__ = ["Base64Backend"]


class Base64Backend(EngineBackend):
    """The path is the content in base64. Writing gives another path, which write_bytes() and write_text() return."""

    __module__ = "genro_storage.backends.base64"  # the name in pickles and in messages

    PROTOCOL_CAPABILITIES: ClassVar[dict[str, set[str]]] = {
        "base64": {"read", "public_urls", "seek_support", "readonly"}
    }
    _default_protocol = "base64"

    def __init__(self) -> None:
        self._configure({"protocol": "base64"})

    def _node(self, path: str) -> Any:
        return _core._node_at(self._root, path)

    def write_bytes(self, path: str, data: bytes) -> str:
        return super().write_bytes(path, data) or path

    def write_text(self, path: str, text: str, encoding: str = "utf-8") -> str:
        return super().write_text(path, text, encoding) or path

    def get_hash(self, path: str) -> str | None:
        return cast("str", _core._values(self._node(path).md5hash))

    @classmethod
    def get_json_info(cls) -> dict[str, Any]:  # type: ignore[override]
        """What a form for such a mount needs: nothing but its name."""
        info = super().get_json_info()
        info["description"] = "Contents in the path itself, as base64"
        return info

    def __repr__(self) -> str:
        return "Base64Backend()"
