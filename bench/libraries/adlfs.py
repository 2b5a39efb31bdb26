"""adlfs, fsspec's file system on Azure's blobs."""

import adlfs


def azure(site, **more) -> adlfs.AzureBlobFileSystem:
    endpoint = f"BlobEndpoint={site.endpoint}/{site.azure_account}"
    return adlfs.AzureBlobFileSystem(
        connection_string=f"AccountName={site.azure_account};AccountKey={site.azure_key};{endpoint};",
        use_listings_cache=False,
        skip_instance_cache=True,
        **more,
    )


def azure_get(site):
    store, container = azure(site), site.bucket + "/"
    return lambda key: store.cat_file(container + key)


async def azure_get_async(site):
    store, container = azure(site, asynchronous=True), site.bucket + "/"
    return lambda key: store._cat_file(container + key)


async def azure_put_async(site):
    store, container = azure(site, asynchronous=True), site.bucket + "/"
    return lambda key, data: store._pipe_file(container + key, data, mode="overwrite")


def azure_list(site):
    store = azure(site)
    return lambda: store.ls(site.bucket + "/list", detail=True, invalidate_cache=True)
