"""gcsfs, fsspec's file system on Google Cloud Storage.

Its core class: the one that `gcsfs` names asks first, by gRPC and for a minute, what kind of bucket it has before it.
"""

from gcsfs.core import GCSFileSystem


def gcs(site, **more) -> GCSFileSystem:
    return GCSFileSystem(
        token="anon",
        endpoint_url=site.endpoint,
        use_listings_cache=False,
        skip_instance_cache=True,
        **more,
    )


def gcs_get(site):
    store, bucket = gcs(site), site.bucket + "/"
    return lambda key: store.cat_file(bucket + key)


async def gcs_get_async(site):
    store, bucket = gcs(site, asynchronous=True), site.bucket + "/"
    await store._set_session()
    return lambda key: store._cat_file(bucket + key)


async def gcs_put_async(site):
    store, bucket = gcs(site, asynchronous=True), site.bucket + "/"
    await store._set_session()
    return lambda key, data: store._pipe_file(bucket + key, data)


def gcs_list(site):
    store = gcs(site)
    return lambda: store.ls(site.bucket + "/list", detail=True, refresh=True)
