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

__all__ = [
    "SkipStrategy",
    "StorageConfigError",
    "StorageError",
    "StorageManager",
    "StorageNode",
    "StorageNotFoundError",
    "StoragePermissionError",
    "__version__",
]
