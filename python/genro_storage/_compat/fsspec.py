"""FsspecBackend: a protocol by its name, with the options that fsspec has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from ..backends.base import CAPABILITY_NAMES
from ..capabilities import BackendCapabilities
from .engine import EngineBackend, mountable
from .forwarding import ForwardingBackend

if TYPE_CHECKING:
    from .. import _core
    from ..backends.base import StorageBackend

__all__ = ["FsspecBackend"]

_WRITABLE = {"read", "write", "delete", "mkdir", "list_dir", "seek_support"}
_REMOTE = _WRITABLE | {"append_mode"}
_BUCKET = (_WRITABLE - {"mkdir"}) | {
    "mkdir", "metadata", "presigned_urls", "public_urls", "atomic_operations", "copy_optimization", "hash_on_metadata",
}  # fmt: skip
_ARCHIVE = {"read", "list_dir", "seek_support", "readonly"}
_OTHER = _WRITABLE | {"atomic_operations", "append_mode"}

# The names of fsspec's options, and ours.
_S3_OPTIONS = {"key": "access_key", "secret": "secret_key", "region_name": "region"}


def _s3_config(base_path: str, options: dict[str, Any]) -> dict[str, Any]:
    bucket, _, prefix = base_path.strip("/").partition("/")
    given = dict(options)
    given.update(given.pop("client_kwargs", None) or {})
    config = {_S3_OPTIONS.get(name, name): value for name, value in given.items()}
    return {"protocol": "s3", "bucket": bucket, "base_path": prefix, **config}


def _memory_config(base_path: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"protocol": "memory", "base_path": base_path}


# The protocols that the engine serves itself; all others go to fsspec.
_CONFIGS = {"memory": _memory_config, "s3": _s3_config}


class FsspecBackend(ForwardingBackend):
    """Files behind a protocol by its name.

    "memory" and "s3" are served by this package's engine; any other protocol by the package fsspec, if it is installed.

    protocol: for example "memory", "s3" or "ftp".
    base_path: the folder in it that is the root; for "s3" it begins with the bucket.
    filesystem_options: as fsspec names them.
    """

    __module__ = "genro_storage.backends.fsspec"  # the name in pickles and in messages

    PROTOCOL_CAPABILITIES: ClassVar[dict[str, set[str]]] = {
        "memory": _WRITABLE | {"append_mode", "atomic_operations", "copy_optimization", "temporary"},
        "s3": _BUCKET | {"versioning", "version_listing", "version_access"},
        "gcs": _BUCKET,
        "azure": (_BUCKET - {"presigned_urls", "public_urls"}) | {"append_mode"},
        "http": {"read", "public_urls", "seek_support", "readonly"},
        "sftp": _REMOTE,
        "smb": _REMOTE,
        "webdav": _REMOTE,
        "zip": {"read", "write", "list_dir", "seek_support"},
        "tar": _ARCHIVE,
        "libarchive": _ARCHIVE,
        "git": _ARCHIVE,
        "github": _ARCHIVE | {"public_urls"},
    }

    protocol: str
    base_path: str

    def __init__(self, protocol: str, base_path: str = "", **filesystem_options: Any) -> None:
        self.protocol = protocol
        self.base_path = base_path.rstrip("/")
        make = _CONFIGS.get(protocol)
        if make is not None:
            engine = EngineBackend.__new__(EngineBackend)
            engine._configure(make(self.base_path, filesystem_options))
            self._behind = engine
        else:
            from .fsspec_filesystem import FilesystemBackend

            self._behind = FilesystemBackend(protocol, self.base_path, filesystem_options)

    @classmethod
    def _over_mount(cls, root: _core.Node, protocol: str, base_path: str) -> Self:
        """The object for a mount that exists."""
        backend = cls.__new__(cls)
        backend.protocol = protocol
        backend.base_path = base_path.strip("/")
        backend._behind = EngineBackend._over(root)
        return backend

    def _mountable(self) -> Any:
        return mountable(self._behind)

    @property
    def capabilities(self) -> BackendCapabilities:
        """What this backend can do."""
        behind: StorageBackend = self._behind
        if isinstance(behind, EngineBackend):
            return behind.capabilities
        names = self.PROTOCOL_CAPABILITIES.get(self.protocol, _OTHER)
        return BackendCapabilities(**{field: field in names for field in CAPABILITY_NAMES})

    def close(self) -> None:
        self._behind.close()

    def __repr__(self) -> str:
        return f"FsspecBackend(protocol={self.protocol!r}, base_path={self.base_path!r})"
