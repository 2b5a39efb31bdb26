"""aiohttp. It has no synchronous face: a large content is read in a loop that stays."""

import asyncio

import aiohttp


async def http_get_async(site):
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256), raise_for_status=True)
    base = f"{site.endpoint}/{site.bucket}/"

    async def get(key):
        async with session.get(base + key) as response:
            return await response.read()

    return get


def http_get(site):
    loop = asyncio.new_event_loop()
    get = loop.run_until_complete(http_get_async(site))
    return lambda key: loop.run_until_complete(get(key))
