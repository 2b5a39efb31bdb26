"""webdav4, over httpx. It has no awaitable face: each call takes a thread of asyncio's."""

import asyncio
from io import BytesIO

from webdav4.client import Client


def webdav_get(site):
    client = Client(f"{site.endpoint}/dav")

    def get(key):
        target = BytesIO()
        client.download_fileobj(key, target)
        return target.getvalue()

    return get


async def webdav_get_async(site):
    get = webdav_get(site)
    return lambda key: asyncio.to_thread(get, key)


async def webdav_put_async(site):
    client = Client(f"{site.endpoint}/dav")
    return lambda key, data: asyncio.to_thread(client.upload_fileobj, BytesIO(data), key, overwrite=True)


def webdav_list(site):
    client = Client(f"{site.endpoint}/dav")
    return lambda: client.ls("list", detail=True)
