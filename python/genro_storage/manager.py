"""StorageManager: named mounts, and the nodes on them."""

from __future__ import annotations

from . import _core, registry
from . import node as _node  # noqa: F401  registers the class that node() makes

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs milliseconds to import
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

    from .backends.mounts import Mounts
    from .storage_grammar import StorageConfig, StorageGrammar

__all__ = ["HAS_YAML", "StorageManager"]

HAS_YAML = True  # the engine reads YAML itself


def _takes_prefix(base: Callable[..., object]) -> bool:
    """Whether a callable base path is asked with the first component of the path: whether it has a parameter."""
    import inspect

    return bool(inspect.signature(base).parameters)


class _Grammar:
    """The grammar mixin of StorageConfig, for documents that hold mounts; imported when it is asked for."""

    def __get__(self, manager: object, owner: type) -> type[StorageGrammar]:
        from .storage_grammar import StorageGrammar

        return StorageGrammar


def _read_recipe(source: object) -> tuple[list[dict[str, Any]], str | None]:
    """The mounts of a StorageConfig and its key material. TypeError for anything else."""
    import sys

    grammar = sys.modules.get("genro_storage.storage_grammar")  # whoever has a recipe has imported it
    if grammar is None or not grammar.is_recipe(source):
        raise TypeError(
            "source must be a list of dicts, the path of a configuration file, or a StorageConfig, "
            f"not '{type(source).__name__}'"
        )
    mounts, storage_key = grammar.read_recipe(source)
    return mounts, storage_key


def _warn(text: str) -> None:
    import warnings

    category = DeprecationWarning if "deprecated" in text else UserWarning
    warnings.warn(text, category, stacklevel=3)  # the caller of configure() or add_mount()


class StorageManager(_core.Manager):
    """Named mounts, and the nodes on them. Configure it once, then share it between threads and event loops."""

    grammar = _Grammar()

    def __new__(cls, *arguments: Any, **options: Any) -> StorageManager:
        manager = super().__new__(cls)
        registry.remember(manager)
        return manager

    def __init__(self) -> None:
        super().__init__()

    def configure(
        self, source: list[dict[str, Any]] | str | StorageConfig | type[StorageConfig], *, strict: bool = False
    ) -> None:
        """Add mounts from a list of dicts, a YAML or JSON file, or a StorageConfig. All of them, or on any error none.

        strict: a key that no option has is an error instead of a warning.
        """
        if not isinstance(source, (list, str)):
            source, _ = _read_recipe(source)
        self._configure(source, strict, _warn)

    def add_mount(self, config: dict[str, Any], *, strict: bool = False) -> None:
        """Add one mount."""
        self._configure([config], strict, _warn)

    @property
    def _mounts(self) -> Mounts:
        """The mounts by name: a live mapping to backend objects. Assigning a StorageBackend mounts it."""
        from .backends.mounts import Mounts

        return Mounts(self)

    def register(self, name: str) -> None:
        """Let nodes and managers pickled under this name find this manager in this process."""
        registry.register(self, name)

    @staticmethod
    def registered(name: str) -> StorageManager:
        """The manager registered under the name in this process."""
        return registry.find(name)

    @staticmethod
    def set_default(manager: StorageManager | None) -> None:
        """Set the manager of this process: pickles of managers without a name of their own find it. None: forget it."""
        if manager is None:
            registry.unregister(registry.DEFAULT)
        else:
            registry.register(manager, registry.DEFAULT)

    @staticmethod
    def get_default() -> StorageManager:
        """The manager that set_default() was called with."""
        return registry.find()

    def __reduce__(self) -> tuple[Any, ...]:
        return registry.reduce_manager(self)

    def __enter__(self) -> StorageManager:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"StorageManager(mounts=[{', '.join(self.get_mount_names()) or 'none'}])"
