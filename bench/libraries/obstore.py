"""obstore (Rust's object_store)."""

import asyncio
import json
import os

import obstore
from obstore.store import AzureStore, GCSStore, HTTPStore, LocalStore, MemoryStore, S3Store

IMPORT = "import obstore, obstore.store"
PART = 8 << 20


def s3(site) -> S3Store:
    options = {"allow_http": True}
    if site.secure:
        options["allow_invalid_certificates"] = True
    return S3Store(
        site.bucket,
        endpoint=site.endpoint,
        access_key_id=site.access_key,
        secret_access_key=site.secret_key,
        region=site.region,
        virtual_hosted_style_request=False,
        client_options=options,
    )


def s3_get(site):
    store = s3(site)
    return lambda key: obstore.get(store, key).bytes()


async def s3_get_async(site):
    store = s3(site)

    async def get(key):
        return await (await obstore.get_async(store, key)).bytes_async()

    return get


def s3_put(site):
    store = s3(site)
    return lambda key, data: obstore.put(store, key, data)


async def s3_put_async(site):
    store = s3(site)
    return lambda key, data: obstore.put_async(store, key, data)


def s3_put_large(site):
    store = s3(site)
    return lambda key, data: obstore.put(store, key, data, use_multipart=True, chunk_size=PART, max_concurrency=8)


def s3_get_file(site):
    store = s3(site)

    def download(key, path):
        with open(path, "wb") as file:
            for chunk in obstore.get(store, key).stream(min_chunk_size=1 << 20):
                file.write(chunk)

    return download


def s3_list(site):
    store = s3(site)
    return lambda: [entry for page in obstore.list(store, prefix="list/") for entry in page]


def s3_upload_tree(site):
    store = s3(site)

    def upload(source, prefix):
        paths = [os.path.join(folder, name) for folder, _, files in os.walk(source) for name in files]

        async def run():
            pending = iter(paths)

            async def work():
                for path in pending:
                    with open(path, "rb") as file:
                        await obstore.put_async(store, prefix + path[len(source) :], file.read())

            await asyncio.gather(*(work() for _ in range(64)))

        asyncio.run(run())

    return upload


def files(site) -> LocalStore:
    return LocalStore(os.path.join(site.folder, "files"))


def local_read(site):
    store = files(site)
    return lambda name: obstore.get(store, name).bytes()


async def local_read_async(site):
    store = files(site)

    async def get(name):
        return await (await obstore.get_async(store, name)).bytes_async()

    return get


def local_write(site):  # a staged file, then renamed
    store = LocalStore(os.path.join(site.folder, "out"), mkdir=True)
    return lambda name, data: obstore.put(store, name, data)


def local_stat(site):
    store = files(site)
    return lambda name: obstore.head(store, name)


def local_list(site):
    store = files(site)
    return lambda: [entry for page in obstore.list(store) for entry in page]


def memory_get(site):
    store = MemoryStore()
    return lambda key: obstore.get(store, key).bytes(), lambda key, data: obstore.put(store, key, data)


def memory_put(site):
    store = MemoryStore()
    return lambda key, data: obstore.put(store, key, data)


async def memory_get_async(site):
    store = MemoryStore()

    async def get(key):
        return await (await obstore.get_async(store, key)).bytes_async()

    return get, lambda key, data: obstore.put(store, key, data)


def memory_exists(site):
    store = MemoryStore()
    for i in range(128):
        obstore.put(store, str(i), b"x")
    return lambda key: obstore.head(store, key)


def gcs(site) -> GCSStore:
    """Asks by Google's XML API, as it always does."""
    account = {"gcs_base_url": site.endpoint, "disable_oauth": True, "client_email": "", "private_key": ""}
    account |= {"private_key_id": ""}
    return GCSStore(site.bucket, service_account_key=json.dumps(account), client_options={"allow_http": True})


def azure(site) -> AzureStore:
    return AzureStore(
        container_name=site.bucket,
        account_name=site.azure_account,
        account_key=site.azure_key,
        endpoint=f"{site.endpoint}/{site.azure_account}",
        client_options={"allow_http": True},
    )


def webdav(site) -> HTTPStore:
    return HTTPStore.from_url(f"{site.endpoint}/dav", client_options={"allow_http": True})


def getting(store):
    return lambda key: obstore.get(store, key).bytes()


def getting_async(store):
    async def get(key):
        return await (await obstore.get_async(store, key)).bytes_async()

    return get


def putting_async(store):
    return lambda key, data: obstore.put_async(store, key, data, use_multipart=False)


def listing(store):
    return lambda: [entry for page in obstore.list(store, prefix="list/") for entry in page]


def gcs_get(site):
    return getting(gcs(site))


async def gcs_get_async(site):
    return getting_async(gcs(site))


async def gcs_put_async(site):
    return putting_async(gcs(site))


def gcs_list(site):
    return listing(gcs(site))


def azure_get(site):
    return getting(azure(site))


async def azure_get_async(site):
    return getting_async(azure(site))


async def azure_put_async(site):
    return putting_async(azure(site))


def azure_list(site):
    return listing(azure(site))


def webdav_get(site):
    return getting(webdav(site))


async def webdav_get_async(site):
    return getting_async(webdav(site))


async def webdav_put_async(site):
    return putting_async(webdav(site))


def webdav_list(site):
    return listing(webdav(site))
