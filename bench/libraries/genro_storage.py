"""Ours: the calls that it shares with 0.8.4, and what it adds."""

import os

from libraries import genro_api
from libraries.genro_api import *  # noqa: F403
from libraries.genro_api import storage

# Whole-or-old by a temporary file and a rename, without fsync: as cp, obstore and the others write. The default
# (durable) has rows of its own.
genro_api.LOCAL_OPTIONS = {"durable": False}


def web(site):
    manager = storage(site)
    manager.add_mount({"name": "web", "protocol": "http", "base_path": f"{site.endpoint}/{site.bucket}"})
    return manager.node


def http_get(site):
    node = web(site)
    return lambda key: node("web:" + key).read_bytes()


async def http_get_async(site):
    node = web(site)
    return lambda key: node("web:" + key).read_bytes()


def s3_get_many(site):
    manager = storage(site)
    return lambda keys: manager.get_many(["s3:" + key for key in keys])


def s3_get_into(site):
    node = storage(site).node
    return lambda key, buffer: node("s3:" + key).read_into(buffer)


async def s3_get_into_async(site):
    """Reads into one buffer for each size, and returns it: what counts is the transfer."""
    node, buffers = storage(site).node, []

    async def get(key):
        buffer = buffers.pop() if buffers else bytearray(int(key[: key.index("/")]))
        await node("s3:" + key).read_into(buffer)
        buffers.append(buffer)
        return buffer

    return get


def s3_get_file(site):
    node = storage(site).node
    return lambda key, path: node("s3:" + key).copy_to(node("root:" + path))


def s3_put_large(site):
    node = storage(site).node
    return lambda key, data: node("s3:" + key).write_bytes(data)


def s3_put_large_unsummed(site):
    manager = storage(site)
    manager.add_mount(genro_api.s3_mount(site) | {"name": "unsummed", "checksum": "none"})
    node = manager.node
    return lambda key, data: node("unsummed:" + key).write_bytes(data)


def local_write_durable(site):
    manager = storage(site)
    manager.add_mount({"name": "durable", "protocol": "local", "base_path": os.path.join(site.folder, "out")})
    node = manager.node
    return lambda name, data: node("durable:" + name).write_bytes(data)


def copy_tree_durable(site):
    manager = storage(site)
    manager.add_mount({"name": "durable", "protocol": "local", "base_path": "/"})
    node = manager.node
    return lambda source, target: node("root:" + source).copy_to(node("durable:" + target))


def s3_stream_up(site):
    node = storage(site).node

    def up(size, scratch):
        with open(scratch, "wb") as file:
            file.truncate(size)
        node("root:" + scratch).copy_to(node("s3:put/stream"))
        os.unlink(scratch)

    return up


def s3_stream_down(site):
    node = storage(site).node
    return lambda size, target: node(f"s3:{size}/stream").copy_to(node("root:" + target))


def s3_stream_across(site):
    manager = storage(site)
    manager.add_mount(
        {
            "name": "other",
            "protocol": "s3",
            "bucket": site.bucket,
            "endpoint_url": site.second_endpoint,
            "access_key": site.access_key,
            "secret_key": site.secret_key,
            "region": site.region,
        }
    )
    return lambda size, target: manager.node(f"s3:{size}/stream").copy_to(manager.node("other:put/stream"))


def of_store(site, protocol: str):
    options = {
        "gcs": {"bucket": site.bucket, "endpoint_url": site.endpoint, "token": "anon"},
        "azure": {
            "container": site.bucket,
            "account_name": site.azure_account,
            "account_key": site.azure_key,
            "endpoint_url": f"{site.endpoint}/{site.azure_account}",
        },
        # As the others write: straight over what is there.
        "webdav": {"url": f"{site.endpoint}/dav", "replace": "direct"},
    }
    manager = storage(site)
    manager.add_mount({"name": "store", "protocol": protocol, **options[protocol]})
    return manager.node


def reading(node):
    return lambda key: node("store:" + key).read_bytes()


def writing(node):
    return lambda key, data: node("store:" + key).write_bytes(data)


def listing(node):
    return lambda: node("store:list").children()


def gcs_get(site):
    return reading(of_store(site, "gcs"))


async def gcs_get_async(site):
    return reading(of_store(site, "gcs"))


async def gcs_put_async(site):
    return writing(of_store(site, "gcs"))


def gcs_list(site):
    return listing(of_store(site, "gcs"))


def azure_get(site):
    return reading(of_store(site, "azure"))


async def azure_get_async(site):
    return reading(of_store(site, "azure"))


async def azure_put_async(site):
    return writing(of_store(site, "azure"))


def azure_list(site):
    return listing(of_store(site, "azure"))


def webdav_get(site):
    return reading(of_store(site, "webdav"))


async def webdav_get_async(site):
    return reading(of_store(site, "webdav"))


async def webdav_put_async(site):
    return writing(of_store(site, "webdav"))


def webdav_list(site):
    return listing(of_store(site, "webdav"))
