"""google-cloud-storage, Google's own. It has no awaitable face for objects: each call takes a thread of asyncio's."""

import asyncio

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from requests.adapters import HTTPAdapter


def bucket(site, connections: int = 64) -> storage.Bucket:
    options = ClientOptions(api_endpoint=site.endpoint)
    client = storage.Client(project="bench", credentials=AnonymousCredentials(), client_options=options)
    client._http.mount("http://", HTTPAdapter(pool_connections=connections, pool_maxsize=connections))
    return client.bucket(site.bucket)


def gcs_get(site):
    objects = bucket(site)
    return lambda key: objects.blob(key).download_as_bytes()


async def gcs_get_async(site):
    get = gcs_get(site)
    return lambda key: asyncio.to_thread(get, key)


async def gcs_put_async(site):
    objects = bucket(site)
    return lambda key, data: asyncio.to_thread(objects.blob(key).upload_from_string, data)


def gcs_list(site):
    objects = bucket(site)
    return lambda: list(objects.list_blobs(prefix="list/"))
