"""fsspec's HTTP file system."""

from fsspec.implementations.http import HTTPFileSystem


def http_get(site):
    store, base = HTTPFileSystem(skip_instance_cache=True), f"{site.endpoint}/{site.bucket}/"
    return lambda key: store.cat_file(base + key)


async def http_get_async(site):
    store = HTTPFileSystem(asynchronous=True, skip_instance_cache=True)
    await store.set_session()
    base = f"{site.endpoint}/{site.bucket}/"
    return lambda key: store._cat_file(base + key)
