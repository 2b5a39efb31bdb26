"""StorageConfig: a manager's mounts written as a recipe of genro-builders.

    class Mounts(StorageConfig):
        def main(self, root):
            mounts = root.mounts()
            mounts.local(name="docs", base_path="/srv/docs")
            mounts.s3(name="media", bucket="media", secret_key=EnvResolver("MEDIA_SECRET"))
            mounts.relative(name="public", path="docs:public", permissions="readonly")

    manager.configure(Mounts)

Needs the packages genro-builders and genro-bag: pip install genro-storage[config].
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal

from . import _core
from .exceptions import StorageConfigError

try:
    from genro_bag.resolver import BagResolver
    from genro_builders.builder import BuilderBase, element
except ImportError as error:
    raise ImportError(
        "StorageConfig needs the packages genro-builders and genro-bag: pip install genro-storage[config]"
    ) from error

__all__ = ["Permissions", "StorageConfig", "StorageGrammar"]

_common, _relative, _ = _core._protocols()
_TYPES: dict[str, Any] = {
    "text": str,
    "flag": bool,
    "integer": int,
    "number": float | int,
    "map": dict[str, Any],
    "folder": str | Callable[..., Any],
    "flag_or_text": bool | str,
    "any": Any,
}


Permissions = Literal["readonly", "readwrite", "delete"]


def _attribute(option: dict[str, Any], resolvable: bool) -> inspect.Parameter:
    kind = Literal[tuple(option["choices"].split())] if option["choices"] else _TYPES[option["type"]]
    if resolvable:
        kind = kind | BagResolver
    if option["required"]:
        return inspect.Parameter(option["name"], inspect.Parameter.KEYWORD_ONLY, annotation=kind)
    if option["type"] == "flag_or_text":
        return inspect.Parameter(option["name"], inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=False)
    return inspect.Parameter(option["name"], inspect.Parameter.KEYWORD_ONLY, annotation=kind | None, default=None)


def _element(tag: str, summary: str, options: list[dict[str, Any]]) -> Any:
    """The element of one protocol: the name, its own options, which may be resolvers, and those of every mount."""

    def declaration(self: object, **attributes: Any) -> None: ...

    shared = {option["name"] for option in _common}
    first, *others = (_attribute(option, False) for option in _common if option["name"] != "protocol")
    own = (_attribute(option, tag != "relative") for option in options if option["name"] not in shared)
    this = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    signature = inspect.Signature([this, first, *own, *others], return_annotation=None)
    declaration.__name__ = declaration.__qualname__ = tag
    declaration.__doc__ = f"{summary}."
    declaration.__signature__ = signature  # type: ignore[attr-defined]
    declaration.__annotations__ = {name: p.annotation for name, p in signature.parameters.items() if name != "self"}
    return element(sub_tags="")(declaration)


class StorageGrammar:
    """The elements, to be mixed into a grammar: one for each protocol, below `mounts`.

    The attributes are the keys of a mount's dict without their older names. Protocols that this version cannot mount
    yet have their elements, too. Secrets, and what differs from place to place, may be resolvers of genro-bag: they are
    asked once, when the manager is configured.
    """


def declare_protocols() -> None:
    """Give StorageGrammar the elements of all protocols that there are now: once more when one was loaded."""
    elements = {
        protocol["name"]: _element(protocol["name"], protocol["summary"], protocol["options"])
        for protocol in _core._protocols()[2]
    }
    elements["relative"] = _element("relative", 'A part of an earlier mount: "parent:folder"', _relative)

    @element(sub_tags=",".join(elements), collection_key="name", node_label="mounts")
    def mounts(self: object, *, storage_key: str | BagResolver | None = None) -> None:
        """All mounts; `storage_key` is the key material for encrypted files."""

    for tag, declared in {**elements, "mounts": mounts}.items():
        setattr(StorageGrammar, tag, declared)


declare_protocols()


class StorageConfig(BuilderBase, StorageGrammar):
    """A recipe of mounts: subclass it, and write them in main(self, root)."""

    _name = "storage"

    def main(self, root: Any) -> None:
        """Where a subclass writes its mounts."""


def is_recipe(source: object) -> bool:
    """Whether configure() takes it as a StorageConfig: a subclass, or an instance."""
    return isinstance(source, StorageConfig) or (isinstance(source, type) and issubclass(source, StorageConfig))


def read_recipe(source: Any) -> tuple[list[dict[str, Any]], str | None]:
    """The mounts of a recipe as dicts, in order, and its key material or None. Resolvers are asked once each."""
    if isinstance(source, type):
        source = source()
        source.create()
    if not len(source.source):
        raise StorageConfigError(f"the recipe {type(source).__name__} has not been built, or declares nothing")
    top = source.source.get_node("mounts")
    if top is None:
        return [], None
    storage_key = source.runtime_values(top)[1].get("storage_key")
    if storage_key is None and top.attr.get("storage_key") is not None:
        raise StorageConfigError(f"the storage_key of the recipe {type(source).__name__} resolves to nothing")
    mounts = []
    for node in top.value or ():
        values = source.runtime_values(node)[1]
        mount = {key: values[key] for key in node.attr if values.get(key) is not None}
        mounts.append(mount if node.node_tag == "relative" else {**mount, "protocol": node.node_tag})
    return mounts, storage_key
