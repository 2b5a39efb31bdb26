"""Mounts of the environment's Azurite, and Microsoft's own client of the same container: fixtures."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from genro_storage import StorageManager


def azure_mount(name: str) -> dict[str, Any]:
    """Below a prefix of its own; skips when there is no server."""
    if "GENRO_TEST_AZURITE" not in os.environ:
        pytest.skip("no azurite: GENRO_TEST_AZURITE is not set")
    return {
        "name": name,
        "protocol": "azure",
        "container": os.environ["GENRO_TEST_AZURITE_CONTAINER"],
        "account_name": os.environ["GENRO_TEST_AZURITE_ACCOUNT"],
        "account_key": os.environ["GENRO_TEST_AZURITE_KEY"],
        "endpoint_url": os.environ["GENRO_TEST_AZURITE"],
        "base_path": f"python-{uuid.uuid4().hex}",
    }


class Theirs:
    """Microsoft's client of what a mount shows; names are the mount's."""

    def __init__(self, config: dict[str, Any]) -> None:
        blob = pytest.importorskip("azure.storage.blob", reason="azure-storage-blob is not installed")
        self.library = blob
        self.config = config
        service = blob.BlobServiceClient(config["endpoint_url"], credential=config["account_key"])
        self.container = service.get_container_client(config["container"])

    def name(self, path: str) -> str:
        return f"{self.config['base_path']}/{path}"

    def blob(self, path: str, **which: Any) -> Any:
        return self.container.get_blob_client(self.name(path), **which)

    def close(self) -> None:
        self.container.close()


@pytest.fixture
def azure(storage: StorageManager) -> Iterator[tuple[StorageManager, dict[str, Any]]]:
    """The manager with `az`, and what it was configured with."""
    config = azure_mount("az")
    storage.add_mount(config)
    yield storage, config
    storage.node("az:").delete()


@pytest.fixture
def theirs(azure: tuple[StorageManager, dict[str, Any]]) -> Iterator[Theirs]:
    client = Theirs(azure[1])
    yield client
    client.close()
