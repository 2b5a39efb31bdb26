"""aiobotocore: botocore over aiohttp."""

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

IMPORT = "import aiobotocore.session"


async def client(site):
    return await (
        get_session()
        .create_client(
            "s3",
            endpoint_url=site.endpoint,
            aws_access_key_id=site.access_key,
            aws_secret_access_key=site.secret_key,
            region_name=site.region,
            verify=site.certificate or None,
            config=AioConfig(max_pool_connections=256, s3={"addressing_style": "path"}),
        )
        .__aenter__()
    )


async def s3_get_async(site):
    store = await client(site)

    async def get(key):
        async with (await store.get_object(Bucket=site.bucket, Key=key))["Body"] as body:
            return await body.read()

    return get


async def s3_put_async(site):
    store = await client(site)
    return lambda key, data: store.put_object(Bucket=site.bucket, Key=key, Body=data)
