"""OpenDAL's Python binding (Rust)."""

import os

import opendal

IMPORT = "import opendal"
PART = 8 << 20


def options(site) -> dict:
    return {
        "bucket": site.bucket,
        "endpoint": site.endpoint,
        "access_key_id": site.access_key,
        "secret_access_key": site.secret_key,
        "region": site.region,
        "disable_config_load": "true",
        "disable_ec2_metadata": "true",
        "root": "/",
    }


def s3_get(site):
    return opendal.Operator("s3", **options(site)).read


async def s3_get_async(site):
    return opendal.AsyncOperator("s3", **options(site)).read


def s3_put(site):
    return opendal.Operator("s3", **options(site)).write


async def s3_put_async(site):
    return opendal.AsyncOperator("s3", **options(site)).write


def s3_put_large(site):
    operator = opendal.Operator("s3", **options(site))
    return lambda key, data: operator.write(key, data, chunk=PART, concurrent=8)


def s3_get_file(site):
    operator = opendal.Operator("s3", **options(site))

    def download(key, path):
        with operator.open(key, "rb") as source, open(path, "wb") as file:
            while chunk := source.read(1 << 20):
                file.write(chunk)

    return download


def s3_list(site):
    operator = opendal.Operator("s3", **options(site))
    return lambda: list(operator.list("list/"))


def files(site, kind=opendal.Operator):
    return kind("fs", root=os.path.join(site.folder, "files"))


def local_read(site):
    return files(site).read


async def local_read_async(site):
    return files(site, opendal.AsyncOperator).read


def local_write(site):  # straight into the file
    return opendal.Operator("fs", root=os.path.join(site.folder, "out")).write


def local_stat(site):
    return files(site).stat


def local_list(site):
    operator = files(site)
    return lambda: [entry for entry in operator.list("/") if not entry.path.endswith("/")]


def copy_file(site):
    operator = opendal.Operator("fs", root="/")
    return lambda source, target: operator.copy(source, target)


def memory_get(site):
    operator = opendal.Operator("memory")
    return operator.read, operator.write


def memory_put(site):
    return opendal.Operator("memory").write


async def memory_get_async(site):
    operator = opendal.AsyncOperator("memory")
    return operator.read, operator.to_operator().write


def memory_exists(site):
    operator = opendal.Operator("memory")
    for i in range(128):
        operator.write(str(i), b"x")
    return operator.exists


def of_store(site, name: str, kind=opendal.Operator):
    settings = {
        "gcs": {"bucket": site.bucket, "endpoint": site.endpoint, "allow_anonymous": "true"}
        | {"disable_vm_metadata": "true", "disable_config_load": "true"},
        "azblob": {"container": site.bucket, "endpoint": f"{site.endpoint}/{site.azure_account}"}
        | {"account_name": site.azure_account, "account_key": site.azure_key},
        "webdav": {"endpoint": f"{site.endpoint}/dav"},
    }
    return kind(name, root="/", **settings[name])


def gcs_get(site):
    return of_store(site, "gcs").read


async def gcs_get_async(site):
    return of_store(site, "gcs", opendal.AsyncOperator).read


async def gcs_put_async(site):
    return of_store(site, "gcs", opendal.AsyncOperator).write


def gcs_list(site):
    operator = of_store(site, "gcs")
    return lambda: list(operator.list("list/"))


def azure_get(site):
    return of_store(site, "azblob").read


async def azure_get_async(site):
    return of_store(site, "azblob", opendal.AsyncOperator).read


async def azure_put_async(site):
    return of_store(site, "azblob", opendal.AsyncOperator).write


def azure_list(site):
    operator = of_store(site, "azblob")
    return lambda: list(operator.list("list/"))


def webdav_get(site):
    return of_store(site, "webdav").read


async def webdav_get_async(site):
    return of_store(site, "webdav", opendal.AsyncOperator).read


async def webdav_put_async(site):
    return of_store(site, "webdav", opendal.AsyncOperator).write


def webdav_list(site):
    operator = of_store(site, "webdav")
    return lambda: [entry for entry in operator.list("list/") if entry.path != "list/"]
