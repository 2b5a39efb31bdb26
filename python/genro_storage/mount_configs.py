"""The dicts that configure() takes, as types: one for each protocol. Made by tools/protocol_tables.py.

    mounts: list[MountConfig] = [{"name": "home", "protocol": "local", "base_path": "/srv/files"}]

At run time they are plain dicts, and nothing else imports this module.
"""

from collections.abc import Callable
from os import PathLike
from typing import Any, Literal, NotRequired, TypedDict

__all__ = [
    "Base64Mount",
    "FsspecMount",
    "HttpMount",
    "LocalMount",
    "MemoryMount",
    "MountConfig",
    "RelativeMount",
    "S3Mount",
]


class _Mount(TypedDict):
    name: str
    permissions: NotRequired[Literal["readonly", "readwrite", "delete"]]
    mimetypes: NotRequired[dict[str, Any]]
    default_encrypted: NotRequired[bool | str]


class LocalMount(_Mount):
    """A folder of this machine."""

    protocol: Literal["local"]
    base_path: str | PathLike[str] | Callable[..., Any]
    base_url: NotRequired[str | None]
    durable: NotRequired[bool | None]


class S3Mount(_Mount):
    """Amazon S3, and servers that speak its API."""

    protocol: Literal["s3"]
    bucket: str
    base_path: NotRequired[str | None]
    region: NotRequired[str | None]
    anon: NotRequired[bool | None]
    access_key: NotRequired[str | None]
    secret_key: NotRequired[str | None]
    session_token: NotRequired[str | None]
    profile: NotRequired[str | None]
    endpoint_url: NotRequired[str | None]
    addressing_style: NotRequired[Literal["auto", "path", "virtual"] | None]
    checksum: NotRequired[Literal["auto", "crc64nvme", "crc32c", "crc32", "none"] | None]
    verify_downloads: NotRequired[bool | None]
    sign_payload: NotRequired[bool | None]
    version_aware: NotRequired[bool | None]
    part_size: NotRequired[int | None]
    verify_ssl: NotRequired[bool | None]
    ca_file: NotRequired[str | None]
    proxy: NotRequired[str | None]
    max_connections: NotRequired[int | None]
    connect_timeout: NotRequired[float | None]
    timeout: NotRequired[float | None]


class HttpMount(_Mount):
    """Files of a web server, to read."""

    protocol: Literal["http"]
    base_path: str
    index: NotRequired[bool | None]
    headers: NotRequired[dict[str, Any] | None]
    username: NotRequired[str | None]
    password: NotRequired[str | None]
    token: NotRequired[str | None]
    netrc: NotRequired[bool | str | None]
    verify_ssl: NotRequired[bool | None]
    ca_file: NotRequired[str | None]
    cert: NotRequired[Any]
    proxy: NotRequired[str | None]
    max_connections: NotRequired[int | None]
    connect_timeout: NotRequired[float | None]
    timeout: NotRequired[float | None]


class MemoryMount(_Mount):
    """Memory of this process."""

    protocol: Literal["memory"]
    base_path: NotRequired[str | None]


class Base64Mount(_Mount):
    """Content inside the path (RFC 4648)."""

    protocol: Literal["base64"]


class FsspecMount(_Mount):
    """Any filesystem of Python's package fsspec."""

    protocol: Literal["fsspec"]
    filesystem: str
    base_path: NotRequired[str | None]
    options: NotRequired[dict[str, Any] | None]


class RelativeMount(_Mount):
    """A part of an earlier mount: "parent:folder"."""

    path: str


MountConfig = LocalMount | S3Mount | HttpMount | MemoryMount | Base64Mount | FsspecMount | RelativeMount
