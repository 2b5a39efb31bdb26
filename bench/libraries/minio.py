"""minio-py."""

import io

from minio import Minio

IMPORT = "import minio"


def client(site) -> Minio:
    return Minio(
        endpoint=site.host,
        access_key=site.access_key,
        secret_key=site.secret_key,
        secure=site.secure,
        region=site.region,
    )


def s3_get(site):
    store = client(site)

    def get(key):
        response = store.get_object(bucket_name=site.bucket, object_name=key)
        data = response.read()
        response.close()
        response.release_conn()
        return data

    return get


def s3_put(site):
    store = client(site)
    return lambda key, data: store.put_object(
        bucket_name=site.bucket, object_name=key, data=io.BytesIO(data), length=len(data)
    )


def s3_put_large(site):
    store = client(site)
    return lambda key, data: store.put_object(
        bucket_name=site.bucket, object_name=key, data=io.BytesIO(data), length=len(data), part_size=8 << 20
    )


def s3_get_file(site):
    store = client(site)
    return lambda key, path: store.fget_object(bucket_name=site.bucket, object_name=key, file_path=path)


def s3_list(site):
    store = client(site)
    return lambda: list(store.list_objects(bucket_name=site.bucket, prefix="list/", recursive=True))
