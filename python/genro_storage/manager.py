"""StorageManager: named mounts, and the nodes on them."""

from __future__ import annotations

from . import _core, registry
from . import node as _node  # noqa: F401  registers the class that node() makes

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs milliseconds to import
    import os
    import re
    from types import TracebackType
    from typing import Any, Self

    from ._compat.mounts import Mounts
    from .backends.base import StorageBackend
    from .mount_configs import MountConfig
    from .storage_grammar import StorageConfig, StorageGrammar

__all__ = ["HAS_CRYPTOGRAPHY", "HAS_YAML", "StorageManager"]

HAS_YAML = True  # the engine reads YAML itself
HAS_CRYPTOGRAPHY = True  # and has its own cipher; looked up at each call


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


def _require_cipher() -> None:
    if not HAS_CRYPTOGRAPHY:
        from .exceptions import StorageConfigError

        raise StorageConfigError("encryption needs cryptography: pip install genro-storage[encryption]")


class _DomainPattern:
    """The compiled pattern, made when first asked for: importing re takes time."""

    def __get__(self, manager: object, owner: type) -> re.Pattern[str]:
        import re

        return re.compile(r"[a-z0-9_-]{0,64}\Z")


class _Remembered(_core.Manager):
    """Makes managers known to their pickles; apart from StorageManager, whose signature is that of its __init__()."""

    def __new__(cls, *arguments: Any, **options: Any) -> Self:
        manager = super().__new__(cls)
        registry.remember(manager)
        return manager


class StorageManager(_Remembered):
    """Named mounts, and the nodes on them. Configure it once, then share it between threads and event loops."""

    grammar = _Grammar()
    ENVELOPE_PREFIX = b"#GNRE1:"
    ENVELOPE_MAX_HEADER = 128
    DOMAIN_PATTERN = _DomainPattern()

    def __init__(self) -> None:
        super().__init__()

    def configure(
        self,
        source: list[MountConfig] | list[dict[str, Any]] | str | StorageConfig | type[StorageConfig],
        storage_key: str | None = None,
        *,
        strict: bool = False,
    ) -> None:
        """Add mounts from a list of dicts, a YAML or JSON file, or a StorageConfig. All of them, or on any error none.

        storage_key: encryption keys to install before, as by set_encryption_keys(). Those of a StorageConfig go first.
        strict: a key that no option has is an error instead of a warning.
        """
        if not isinstance(source, (list, str)):
            source, own_key = _read_recipe(source)
            storage_key = storage_key if own_key is None else own_key
        if storage_key is not None:
            _require_cipher()
        self._configure(source, strict, _warn, storage_key, HAS_CRYPTOGRAPHY)

    def set_encryption_keys(self, keys: str) -> None:
        """Install the keys of encrypted content, instead of all installed before.

        keys: comma-separated entries KEY or DOMAIN:KEY; a key is 32 bytes in URL-safe base64. The first key of a domain
        encrypts, all of them decrypt. The domain of the first entry is the one of `encrypted=True`.
        """
        _require_cipher()
        super().set_encryption_keys(keys)

    def add_mount(self, config: MountConfig | dict[str, Any], *, strict: bool = False) -> None:
        """Add one mount."""
        self._configure([config], strict, _warn, None, HAS_CRYPTOGRAPHY)

    def mount(self, name: str, backend: StorageBackend) -> None:
        """Mount a backend of your own, in the place of a mount that has the name already.

        backend: a StorageBackend, or any object with its methods. Nodes call them, inside an event loop on helper
        threads.
        """
        self._mounts[name] = backend

    @staticmethod
    def load_backend(file: str | os.PathLike[str]) -> str:
        """Load a protocol from the shared object of a backend in C++, for all managers of this process.

        Gives the protocol's name, with which mounts are configured from then on as with any other. The code in the file
        runs in this process with all its rights. Recipes know the protocol if their class is defined afterwards.
        """
        import os
        import sys

        protocol = _core._load_backend(os.fsdecode(file))
        if grammar := sys.modules.get("genro_storage.storage_grammar"):
            grammar.declare_protocols()
        return protocol

    @property
    def _mounts(self) -> Mounts:
        """The mounts by name: a live mapping to backend objects. Assigning one is mount()."""
        from ._compat.mounts import Mounts

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
        _core._values(self.close)  # in an event loop, too, which it holds up: `async with` does not

    async def __aenter__(self) -> StorageManager:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"StorageManager(mounts=[{', '.join(self.get_mount_names()) or 'none'}])"


registry.set_manager_class(StorageManager)
