"""httpx."""

import httpx


def http_get(site):
    client, base = httpx.Client(trust_env=False), f"{site.endpoint}/{site.bucket}/"
    return lambda key: client.get(base + key).raise_for_status().content


async def http_get_async(site):
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=256)
    client, base = httpx.AsyncClient(limits=limits, trust_env=False), f"{site.endpoint}/{site.bucket}/"

    async def get(key):
        return (await client.get(base + key)).raise_for_status().content

    return get
