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

from .exceptions import StorageConfigError

try:
    from genro_bag.resolver import BagResolver
    from genro_builders.builder import BuilderBase, element
except ImportError as error:
    raise ImportError(
        "StorageConfig needs the packages genro-builders and genro-bag: pip install genro-storage[config]"
    ) from error

__all__ = ["Permissions", "StorageConfig", "StorageGrammar"]

Permissions = Literal["readonly", "readwrite", "delete"]

_TAGS = "local,memory,s3,gcs,azure,http,smb,sftp,zip,tar,git,github,webdav,libarchive,base64,relative"


def _every_mount(*, name: str, permissions: Permissions | None = None, default_encrypted: bool | str = False) -> None:
    """The keys that the mounts of all protocols have."""


def _mount(declaration: Callable[..., None]) -> Any:
    """The element of one protocol, which declares its own keys only: the grammar reads those of every mount here."""
    name, *others = inspect.signature(_every_mount).parameters.values()
    signature = inspect.signature(declaration)
    this, *own = signature.parameters.values()
    declaration.__signature__ = signature.replace(parameters=[this, name, *own, *others])  # type: ignore[attr-defined]
    declaration.__annotations__ = {**_every_mount.__annotations__, **declaration.__annotations__}
    return element(sub_tags="")(declaration)


class StorageGrammar:
    """The elements, to be mixed into a grammar: one for each protocol, below `mounts`.

    The keys are those of a mount's dict. Secrets, and what differs from place to place, may be resolvers of genro-bag:
    they are asked once, when the manager is configured.
    """

    @element(sub_tags=_TAGS, collection_key="name", node_label="mounts")
    def mounts(self, *, storage_key: str | BagResolver | None = None) -> None:
        """All mounts; `storage_key` is the key material for encrypted files."""

    @_mount
    def local(
        self,
        *,
        base_path: str | Callable[..., Any] | BagResolver,
        base_url: str | None = None,
    ) -> None:
        """A folder of the file system."""

    @_mount
    def memory(self, *, base_path: str | BagResolver | None = None) -> None:
        """Files in the memory of the process."""

    @_mount
    def base64(self) -> None:
        """Contents in the path itself."""

    @_mount
    def s3(
        self,
        *,
        bucket: str,
        base_path: str | BagResolver | None = None,
        region: str | None = None,
        anon: bool | BagResolver | None = None,
        access_key: str | BagResolver | None = None,
        secret_key: str | BagResolver | None = None,
        endpoint_url: str | BagResolver | None = None,
        version_aware: bool | None = None,
    ) -> None:
        """A bucket of an S3 server."""

    @_mount
    def gcs(
        self,
        *,
        bucket: str,
        base_path: str | BagResolver | None = None,
        token: Any = None,
        project: str | None = None,
        endpoint_url: str | BagResolver | None = None,
    ) -> None:
        """A bucket of Google Cloud Storage."""

    @_mount
    def azure(
        self,
        *,
        container: str,
        account_name: str,
        account_key: str | BagResolver | None = None,
        sas_token: str | BagResolver | None = None,
        connection_string: str | BagResolver | None = None,
    ) -> None:
        """A container of Azure Blob Storage."""

    @_mount
    def http(self, *, base_path: str | BagResolver) -> None:
        """Files of a web server."""

    @_mount
    def smb(
        self,
        *,
        host: str | BagResolver,
        share: str,
        base_path: str | BagResolver | None = None,
        username: str | BagResolver | None = None,
        password: str | BagResolver | None = None,
        domain: str | None = None,
        port: int | BagResolver | None = None,
    ) -> None:
        """A share of a Windows or Samba server."""

    @_mount
    def sftp(
        self,
        *,
        host: str | BagResolver,
        username: str | BagResolver,
        base_path: str | BagResolver | None = None,
        password: str | BagResolver | None = None,
        port: int | BagResolver | None = None,
        key_filename: str | None = None,
        passphrase: str | BagResolver | None = None,
        timeout: float | int | None = None,
    ) -> None:
        """A folder of an SSH server."""

    @_mount
    def webdav(
        self,
        *,
        url: str | BagResolver,
        username: str | BagResolver | None = None,
        password: str | BagResolver | None = None,
        token: str | BagResolver | None = None,
        cert: Any = None,
        verify_ssl: bool | BagResolver | None = None,
    ) -> None:
        """A WebDAV server."""

    @_mount
    def zip(
        self,
        *,
        file: str,
        mode: str | None = None,
        target_protocol: str | None = None,
        target_options: dict[str, Any] | None = None,
    ) -> None:
        """A ZIP archive."""

    @_mount
    def tar(
        self,
        *,
        file: str,
        compression: str | None = None,
        target_protocol: str | None = None,
        target_options: dict[str, Any] | None = None,
    ) -> None:
        """A tar archive."""

    @_mount
    def libarchive(
        self,
        *,
        file: str,
        target_protocol: str | None = None,
        target_options: dict[str, Any] | None = None,
    ) -> None:
        """An archive of any format that libarchive reads."""

    @_mount
    def git(self, *, base_path: str | BagResolver, ref: str | None = None, fo: Any = None) -> None:
        """A git repository."""

    @_mount
    def github(
        self,
        *,
        org: str,
        repo: str,
        sha: str | None = None,
        username: str | BagResolver | None = None,
        token: str | BagResolver | None = None,
    ) -> None:
        """A repository on GitHub."""

    @_mount
    def relative(self, *, path: str) -> None:
        """A part of an earlier mount: "parent:folder"."""


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
