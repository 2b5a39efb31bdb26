"""The dicts that configure() takes, as types: one for each protocol. Made by tools/protocol_tables.py.

    mounts: list[MountConfig] = [{"name": "home", "protocol": "local", "base_path": "/srv/files"}]

At run time they are plain dicts, and nothing else imports this module.
"""

from collections.abc import Callable
from os import PathLike
from typing import Any, Literal, NotRequired, TypedDict

__all__ = [
    "AzureMount",
    "Base64Mount",
    "FsspecMount",
    "GcsMount",
    "GithubMount",
    "HttpMount",
    "LocalMount",
    "MemoryMount",
    "MountConfig",
    "RelativeMount",
    "S3Mount",
    "WebdavMount",
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


class GcsMount(_Mount):
    """Google Cloud Storage."""

    protocol: Literal["gcs"]
    bucket: str
    base_path: NotRequired[str | None]
    token: NotRequired[Any]
    project: NotRequired[str | None]
    user_project: NotRequired[str | None]
    endpoint_url: NotRequired[str | None]
    hmac_key: NotRequired[str | None]
    hmac_secret: NotRequired[str | None]
    verify_downloads: NotRequired[bool | None]
    version_aware: NotRequired[bool | None]
    soft_deleted: NotRequired[bool | None]
    hierarchical: NotRequired[bool | None]
    storage_class: NotRequired[str | None]
    cache_control: NotRequired[str | None]
    custom_time: NotRequired[str | None]
    kms_key: NotRequired[str | None]
    part_size: NotRequired[int | None]
    verify_ssl: NotRequired[bool | None]
    ca_file: NotRequired[str | None]
    proxy: NotRequired[str | None]
    max_connections: NotRequired[int | None]
    connect_timeout: NotRequired[float | None]
    timeout: NotRequired[float | None]


class AzureMount(_Mount):
    """Azure Blob Storage."""

    protocol: Literal["azure"]
    container: str
    account_name: str
    base_path: NotRequired[str | None]
    account_key: NotRequired[str | None]
    sas_token: NotRequired[str | None]
    connection_string: NotRequired[str | None]
    credential: NotRequired[Literal["auto", "client_secret", "certificate", "workload", "managed", "cli"] | None]
    tenant_id: NotRequired[str | None]
    client_id: NotRequired[str | None]
    client_secret: NotRequired[str | None]
    client_certificate: NotRequired[str | None]
    federated_token_file: NotRequired[str | None]
    anon: NotRequired[bool | None]
    endpoint_url: NotRequired[str | None]
    lease_id: NotRequired[str | None]
    access_tier: NotRequired[str | None]
    store_md5: NotRequired[bool | None]
    version_aware: NotRequired[bool | None]
    delete_snapshots: NotRequired[bool | None]
    verify_downloads: NotRequired[bool | None]
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


class GithubMount(_Mount):
    """A repository on GitHub, to read."""

    protocol: Literal["github"]
    org: str
    repo: str
    base_path: NotRequired[str | None]
    sha: NotRequired[str | None]
    token: NotRequired[str | None]
    username: NotRequired[str | None]
    endpoint_url: NotRequired[str | None]
    refresh: NotRequired[float | None]
    details: NotRequired[bool | None]
    lfs: NotRequired[Literal["refuse", "pointer"] | None]
    verify_ssl: NotRequired[bool | None]
    ca_file: NotRequired[str | None]
    proxy: NotRequired[str | None]
    max_connections: NotRequired[int | None]
    connect_timeout: NotRequired[float | None]
    timeout: NotRequired[float | None]


class WebdavMount(_Mount):
    """A WebDAV server."""

    protocol: Literal["webdav"]
    url: str
    base_path: NotRequired[str | None]
    username: NotRequired[str | None]
    password: NotRequired[str | None]
    auth: NotRequired[Literal["auto", "basic", "digest"] | None]
    token: NotRequired[str | None]
    dialect: NotRequired[Literal["auto", "plain", "nextcloud"] | None]
    replace: NotRequired[Literal["auto", "direct", "move"] | None]
    chunk_size: NotRequired[int | None]
    verify_ssl: NotRequired[bool | None]
    ca_file: NotRequired[str | None]
    cert: NotRequired[Any]
    proxy: NotRequired[str | None]
    max_connections: NotRequired[int | None]
    connect_timeout: NotRequired[float | None]
    timeout: NotRequired[float | None]


class FsspecMount(_Mount):
    """Any filesystem of Python's package fsspec."""

    protocol: Literal["fsspec"]
    filesystem: str
    base_path: NotRequired[str | None]
    options: NotRequired[dict[str, Any] | None]


class RelativeMount(_Mount):
    """A part of an earlier mount: "parent:folder"."""

    path: str


MountConfig = (
    LocalMount
    | S3Mount
    | GcsMount
    | AzureMount
    | HttpMount
    | MemoryMount
    | Base64Mount
    | GithubMount
    | WebdavMount
    | FsspecMount
    | RelativeMount
)
