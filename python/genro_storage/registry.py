"""Where managers are looked up: by the modules below StorageManager that need one, and by pickles.

A node or a manager is pickled as a reference, never with a configuration or a secret. Loaded in the process that made
it, or in a fork of that, it finds the very same manager; elsewhere the one registered under the same name. Pickles
contain the name of this module, so it must not be renamed.
"""

from __future__ import annotations

import os
from _weakref import ref

from . import _core
from .exceptions import StorageConfigError, StorageNotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs milliseconds to import
    from typing import Any

    from .manager import StorageManager
    from .node import StorageNode

DEFAULT = "default"

_manager_class: type[StorageManager]
_ORIGIN = os.urandom(8).hex()  # of this process and its forks
_count = 0
_registered: dict[str, StorageManager] = {}
_references: dict[str, ref[StorageManager]] = {}


def set_manager_class(kind: type[StorageManager]) -> None:
    """Called once by the module that defines StorageManager, which modules below it cannot import."""
    global _manager_class
    _manager_class = kind


def new_manager() -> StorageManager:
    """A manager without mounts."""
    return _manager_class()


def register(manager: StorageManager, name: str) -> None:
    """Make the manager what pickles that name it find in this process."""
    if not isinstance(name, str) or not name:
        raise ValueError("a manager is registered under a name, a str that is not empty")
    _registered[name] = manager


def unregister(name: str) -> None:
    """Forget a name, if it is registered."""
    _registered.pop(name, None)


def find(name: str = DEFAULT) -> StorageManager:
    """The manager registered under the name."""
    manager = _registered.get(name)
    if manager is None:
        call = "StorageManager.set_default(manager)" if name == DEFAULT else f"manager.register({name!r})"
        raise StorageConfigError(
            f"no StorageManager is registered as {name!r} in this process: call {call} where the process starts"
        )
    return manager


def _name_of(manager: StorageManager) -> str:
    names = [name for name, known in _registered.items() if known is manager]
    return next((name for name in names if name != DEFAULT), DEFAULT)


def remember(manager: Any) -> None:
    """Give a new manager the token by which its pickles find it, here and in processes forked later."""
    global _count
    _count += 1
    token = f"{_ORIGIN}-{os.getpid()}-{_count}"
    manager.__dict__["_token"] = token
    _references[token] = ref(manager, lambda _: _references.pop(token, None))


def reduce_manager(manager: StorageManager) -> tuple[Any, ...]:
    """What a manager pickles as."""
    return load_manager, (_name_of(manager), manager.__dict__["_token"])


def load_manager(name: str, token: str) -> StorageManager:
    """The manager that a pickle means."""
    reference = _references.get(token)
    manager = reference() if reference is not None else None
    return manager if manager is not None else find(name)


def reduce_node(node: StorageNode) -> tuple[Any, ...]:
    """What a node pickles as: its manager's reference, mount name, path and version, and what a subclass added."""
    if node.path is None:
        raise TypeError("a node without a mount cannot be pickled: pickle the nodes that it is made of")
    mount_name = node.fullpath.partition(":")[0]
    arguments = (type(node), node._manager, mount_name, node.path, node._selector)
    return load_node, arguments, getattr(node, "__dict__", None) or None


def load_node(
    kind: type[StorageNode], manager: StorageManager, mount_name: str, path: str, version: Any
) -> StorageNode:
    """The node that a pickle means, without calling the constructor of a subclass."""
    if not manager.has_mount(mount_name):
        names = ", ".join(manager.get_mount_names()) or "none"
        raise StorageNotFoundError(
            f"Mount point '{mount_name}' not found by an unpickled node. Available mounts: {names}"
        )
    node = kind.__new__(kind)
    _core.Node.__init__(node, manager, mount_name, path, version)
    return node
