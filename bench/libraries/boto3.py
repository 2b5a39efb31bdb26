"""boto3, the AWS SDK for Python."""

import io
import os

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

IMPORT = "import boto3; boto3.client('s3', region_name='us-east-1')"


def client(site, endpoint=None):
    return boto3.client(
        "s3",
        endpoint_url=endpoint or site.endpoint,
        aws_access_key_id=site.access_key,
        aws_secret_access_key=site.secret_key,
        region_name=site.region,
        verify=site.certificate or None,
        config=Config(max_pool_connections=64, s3={"addressing_style": "path"}),
    )


def s3_get(site):
    store = client(site)
    return lambda key: store.get_object(Bucket=site.bucket, Key=key)["Body"].read()


def s3_put(site):
    store = client(site)
    return lambda key, data: store.put_object(Bucket=site.bucket, Key=key, Body=data)


def s3_put_large(site):
    store, config = (
        client(site),
        TransferConfig(multipart_threshold=8 << 20, multipart_chunksize=8 << 20, max_concurrency=8),
    )
    return lambda key, data: store.upload_fileobj(io.BytesIO(data), site.bucket, key, Config=config)


def s3_get_file(site):
    store = client(site)
    return lambda key, path: store.download_file(site.bucket, key, path)


def s3_list(site):
    pages = client(site).get_paginator("list_objects_v2")
    return lambda: [entry for page in pages.paginate(Bucket=site.bucket, Prefix="list/") for entry in page["Contents"]]


def s3_stream_up(site):
    store = client(site)

    def up(size, scratch):
        with open(scratch, "wb") as file:
            file.truncate(size)
        store.upload_file(scratch, site.bucket, "put/stream")
        os.unlink(scratch)

    return up


def s3_stream_down(site):
    store = client(site)
    return lambda size, target: store.download_file(site.bucket, f"{size}/stream", target)
