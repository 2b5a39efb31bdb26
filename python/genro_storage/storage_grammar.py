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


class StorageGrammar:
    """The elements, to be mixed into a grammar: one for each protocol, below `mounts`.

    The keys are those of a mount's dict. Secrets, and what differs from place to place, may be resolvers of genro-bag:
    they are asked once, when the manager is configured.
    """

    @element(sub_tags=_TAGS, collection_key="name", node_label="mounts")
    def mounts(self, *, storage_key: str | BagResolver | None = None) -> None:
        """All mounts; `storage_key` is the key material for encrypted files."""

    @element(sub_tags="")
    def local(
        self,
        *,
        name: str,
        base_path: str | Callable[..., Any] | BagResolver,
        base_url: str | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A folder of the file system."""

    @element(sub_tags="")
    def memory(
        self,
        *,
        name: str,
        base_path: str | BagResolver | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """Files in the memory of the process."""

    @element(sub_tags="")
    def base64(
        self, *, name: str, permissions: Permissions | None = None, default_encrypted: bool | str = False
    ) -> None:
        """Contents in the path itself."""

    @element(sub_tags="")
    def s3(
        self,
        *,
        name: str,
        bucket: str,
        base_path: str | BagResolver | None = None,
        region: str | None = None,
        anon: bool | BagResolver | None = None,
        access_key: str | BagResolver | None = None,
        secret_key: str | BagResolver | None = None,
        endpoint_url: str | BagResolver | None = None,
        version_aware: bool | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A bucket of an S3 server."""

    @element(sub_tags="")
    def gcs(
        self,
        *,
        name: str,
        bucket: str,
        base_path: str | BagResolver | None = None,
        token: Any = None,
        project: str | None = None,
        endpoint_url: str | BagResolver | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A bucket of Google Cloud Storage."""

    @element(sub_tags="")
    def azure(
        self,
        *,
        name: str,
        container: str,
        account_name: str,
        account_key: str | BagResolver | None = None,
        sas_token: str | BagResolver | None = None,
        connection_string: str | BagResolver | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A container of Azure Blob Storage."""

    @element(sub_tags="")
    def http(
        self,
        *,
        name: str,
        base_path: str | BagResolver,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """Files of a web server."""

    @element(sub_tags="")
    def smb(
        self,
        *,
        name: str,
        host: str | BagResolver,
        share: str,
        base_path: str | BagResolver | None = None,
        username: str | BagResolver | None = None,
        password: str | BagResolver | None = None,
        domain: str | None = None,
        port: int | BagResolver | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A share of a Windows or Samba server."""

    @element(sub_tags="")
    def sftp(
        self,
        *,
        name: str,
        host: str | BagResolver,
        username: str | BagResolver,
        base_path: str | BagResolver | None = None,
        password: str | BagResolver | None = None,
        port: int | BagResolver | None = None,
        key_filename: str | None = None,
        passphrase: str | BagResolver | None = None,
        timeout: float | int | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A folder of an SSH server."""

    @element(sub_tags="")
    def webdav(
        self,
        *,
        name: str,
        url: str | BagResolver,
        username: str | BagResolver | None = None,
        password: str | BagResolver | None = None,
        token: str | BagResolver | None = None,
        cert: Any = None,
        verify_ssl: bool | BagResolver | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A WebDAV server."""

    @element(sub_tags="")
    def zip(
        self,
        *,
        name: str,
        file: str,
        mode: str | None = None,
        target_protocol: str | None = None,
        target_options: dict[str, Any] | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A ZIP archive."""

    @element(sub_tags="")
    def tar(
        self,
        *,
        name: str,
        file: str,
        compression: str | None = None,
        target_protocol: str | None = None,
        target_options: dict[str, Any] | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A tar archive."""

    @element(sub_tags="")
    def libarchive(
        self,
        *,
        name: str,
        file: str,
        target_protocol: str | None = None,
        target_options: dict[str, Any] | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """An archive of any format that libarchive reads."""

    @element(sub_tags="")
    def git(
        self,
        *,
        name: str,
        base_path: str | BagResolver,
        ref: str | None = None,
        fo: Any = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A git repository."""

    @element(sub_tags="")
    def github(
        self,
        *,
        name: str,
        org: str,
        repo: str,
        sha: str | None = None,
        username: str | BagResolver | None = None,
        token: str | BagResolver | None = None,
        permissions: Permissions | None = None,
        default_encrypted: bool | str = False,
    ) -> None:
        """A repository on GitHub."""

    @element(sub_tags="")
    def relative(
        self, *, name: str, path: str, permissions: Permissions | None = None, default_encrypted: bool | str = False
    ) -> None:
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
