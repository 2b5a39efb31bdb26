"""s3fs, and fsspec's own local and memory file systems."""

import os

import s3fs
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

IMPORT = "import s3fs"


def s3(site, **more) -> s3fs.S3FileSystem:
    return s3fs.S3FileSystem(
        key=site.access_key,
        secret=site.secret_key,
        client_kwargs={"endpoint_url": site.endpoint, "region_name": site.region, "verify": site.certificate or None},
        use_listings_cache=False,
        skip_instance_cache=True,
        **more,
    )


def s3_get(site):
    store, bucket = s3(site), site.bucket + "/"
    return lambda key: store.cat_file(bucket + key)


async def s3_get_async(site):
    store, bucket = s3(site, asynchronous=True, config_kwargs={"max_pool_connections": 256}), site.bucket + "/"
    await store.set_session()
    return lambda key: store._cat_file(bucket + key)


def s3_put(site):
    store, bucket = s3(site), site.bucket + "/"
    return lambda key, data: store.pipe_file(bucket + key, data)


async def s3_put_async(site):
    store, bucket = s3(site, asynchronous=True, config_kwargs={"max_pool_connections": 256}), site.bucket + "/"
    await store.set_session()
    return lambda key, data: store._pipe_file(bucket + key, data)


s3_put_large = s3_put


def s3_get_file(site):
    store, bucket = s3(site), site.bucket + "/"
    return lambda key, path: store.get_file(bucket + key, path)


def s3_list(site):
    store = s3(site)
    return lambda: store.ls(site.bucket + "/list", detail=True, refresh=True)


def s3_upload_tree(site):
    store = s3(site)
    return lambda source, prefix: store.put(source, f"{site.bucket}/{prefix}", recursive=True)


def local_read(site):
    store, folder = LocalFileSystem(), os.path.join(site.folder, "files") + "/"
    return lambda name: store.cat_file(folder + name)


def local_write(site):  # straight into the file
    store, folder = LocalFileSystem(), os.path.join(site.folder, "out") + "/"
    return lambda name, data: store.pipe_file(folder + name, data)


def local_stat(site):
    store, folder = LocalFileSystem(), os.path.join(site.folder, "files") + "/"
    return lambda name: store.info(folder + name)


def local_list(site):
    store, folder = LocalFileSystem(), os.path.join(site.folder, "files")
    return lambda: store.ls(folder, detail=True)


def copy_file(site):
    store = LocalFileSystem()
    return lambda source, target: store.cp_file(source, target)


def copy_tree(site):
    store = LocalFileSystem()
    return lambda source, target: store.copy(source + "/", target + "/", recursive=True)


def memory_get(site):
    store = MemoryFileSystem()
    return lambda key: store.cat_file("/" + key), lambda key, data: store.pipe_file("/" + key, data)


def memory_put(site):
    store = MemoryFileSystem()
    return lambda key, data: store.pipe_file("/" + key, data)


def memory_exists(site):
    store = MemoryFileSystem()
    for i in range(128):
        store.pipe_file(f"/{i}", b"x")
    return store.exists
