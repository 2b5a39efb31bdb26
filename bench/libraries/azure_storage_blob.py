"""azure-storage-blob, Microsoft's own."""

from azure.storage.blob import ContainerClient
from azure.storage.blob.aio import ContainerClient as AsyncContainerClient


def container(site, kind=ContainerClient):
    key = {"account_name": site.azure_account, "account_key": site.azure_key}
    return kind(f"{site.endpoint}/{site.azure_account}", site.bucket, credential=key)


def azure_get(site):
    blobs = container(site)
    return lambda key: blobs.download_blob(key, max_concurrency=4).readall()


async def azure_get_async(site):
    blobs = container(site, AsyncContainerClient)

    async def get(key):
        return await (await blobs.download_blob(key)).readall()

    return get


async def azure_put_async(site):
    blobs = container(site, AsyncContainerClient)
    return lambda key, data: blobs.upload_blob(key, data, overwrite=True)


def azure_list(site):
    blobs = container(site)
    return lambda: list(blobs.list_blobs(name_starts_with="list/"))
