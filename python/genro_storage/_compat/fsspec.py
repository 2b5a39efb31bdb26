"""FsspecBackend: a protocol by its name, with the options that fsspec has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from .. import _core
from ..backends.base import CAPABILITY_NAMES
from ..capabilities import BackendCapabilities
from .engine import EngineBackend, mountable
from .forwarding import ForwardingBackend

if TYPE_CHECKING:
    from ..backends.base import StorageBackend

__all__ = ["FsspecBackend"]

_WRITABLE = {"read", "write", "delete", "mkdir", "list_dir", "seek_support"}
_REMOTE = _WRITABLE | {"append_mode"}
_BUCKET = (_WRITABLE - {"mkdir"}) | {
    "mkdir", "metadata", "presigned_urls", "public_urls", "atomic_operations", "copy_optimization", "hash_on_metadata",
}  # fmt: skip
_ARCHIVE = {"read", "list_dir", "seek_support", "readonly"}
_OTHER = _WRITABLE | {"atomic_operations", "append_mode"}

# Protocols of the engine that have a backend class of their own, or that only the package fsspec can serve.
_NOT_SERVED = {"local", "base64", "fsspec"}


def _engine_config(protocol: str, base_path: str, options: dict[str, Any]) -> dict[str, Any] | None:
    """The mount that serves it, or None where the engine does not; `options` as fsspec names them."""
    for known in _core._protocols()[2]:
        if known["name"] == protocol and known["available"] and protocol not in _NOT_SERVED:
            break
    else:
        return None
    given = {**options, **(options.get("client_kwargs") or {})}
    given.pop("client_kwargs", None)
    if "region_name" in given:  # botocore's word
        given["region"] = given.pop("region_name")
    # base_path: what says where the files are, one after the other. The last one takes what is left.
    places = [option["name"] for option in known["options"] if option["place"]]
    parts = base_path.strip("/").split("/", len(places) - 1)
    return {"protocol": protocol, **dict(zip(places, parts, strict=False)), **given}


class FsspecBackend(ForwardingBackend):
    """Files behind a protocol by its name.

    This package's engine serves what it can mount, "memory" and "s3" for example; the package fsspec, if it is
    installed, serves any other protocol.

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
        "github": _ARCHIVE | {"public_urls", "versioning", "version_listing", "version_access"},
    }

    protocol: str
    base_path: str

    def __init__(self, protocol: str, base_path: str = "", **filesystem_options: Any) -> None:
        self.protocol = protocol
        self.base_path = base_path.rstrip("/")
        config = _engine_config(protocol, self.base_path, filesystem_options)
        if config is not None:
            engine = EngineBackend.__new__(EngineBackend)
            engine._configure(config)
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
