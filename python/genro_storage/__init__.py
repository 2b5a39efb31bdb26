"""One API over every place where files live: local, memory, base64, S3.

storage = StorageManager()
storage.configure([{"name": "home", "protocol": "local", "base_path": "/srv/files"}])
storage.node("home:a.txt").write_text("hello")          # no event loop: values
await storage.node("home:a.txt").read_text()            # inside a running loop: awaitables
"""

from __future__ import annotations

from ._version import __version__
from .exceptions import StorageConfigError, StorageError, StorageNotFoundError, StoragePermissionError
from .manager import StorageManager
from .node import SkipStrategy, StorageNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._diagnosis import Diagnosis, Finding
    from .storage_grammar import StorageConfig

    __all__ = [
        "Diagnosis",
        "Finding",
        "SkipStrategy",
        "StorageConfig",
        "StorageConfigError",
        "StorageError",
        "StorageManager",
        "StorageNode",
        "StorageNotFoundError",
        "StoragePermissionError",
        "__version__",
    ]

_NAMES = (
    "__version__",
    "StorageManager",
    "StorageNode",
    "SkipStrategy",
    "StorageConfig",
    "StorageError",
    "StorageNotFoundError",
    "StoragePermissionError",
    "StorageConfigError",
    "Diagnosis",
    "Finding",
)


def __getattr__(name: str) -> object:
    if name == "StorageConfig":
        from .storage_grammar import StorageConfig

        return StorageConfig
    if name in ("Diagnosis", "Finding"):  # made by doctor() alone, of dataclasses, which take long to import
        from . import _diagnosis

        return getattr(_diagnosis, name)
    if name == "__all__":  # without the packages of StorageConfig, `import *` brings the rest
        from importlib.util import find_spec

        missing = find_spec("genro_builders") is None or find_spec("genro_bag") is None
        return [known for known in _NAMES if not (missing and known == "StorageConfig")]
    raise AttributeError(f"module 'genro_storage' has no attribute {name!r}")
