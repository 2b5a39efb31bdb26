"""pyarrow.fs (Arrow C++, the AWS C++ SDK)."""

import os

from pyarrow import fs

IMPORT = "import pyarrow.fs"


def s3(site) -> fs.S3FileSystem:
    return fs.S3FileSystem(
        access_key=site.access_key,
        secret_key=site.secret_key,
        region=site.region,
        endpoint_override=site.host,
        scheme="https" if site.secure else "http",
        tls_ca_file_path=site.certificate or None,
    )


def s3_get(site):
    store, bucket = s3(site), site.bucket + "/"

    def get(key):
        with store.open_input_stream(bucket + key) as stream:
            return stream.read()

    return get


def s3_get_into(site):
    store, bucket = s3(site), site.bucket + "/"

    def read_into(key, buffer):
        with store.open_input_file(bucket + key) as file:
            return file.readinto(buffer)

    return read_into


def s3_put(site):
    store, bucket = s3(site), site.bucket + "/"

    def put(key, data):
        with store.open_output_stream(bucket + key) as stream:
            stream.write(data)

    return put


s3_put_large = s3_put


def s3_list(site):
    store = s3(site)
    selector = fs.FileSelector(site.bucket + "/list", recursive=True)
    return lambda: store.get_file_info(selector)


def local_read(site):
    store, folder = fs.LocalFileSystem(), os.path.join(site.folder, "files") + "/"

    def read(name):
        with store.open_input_file(folder + name) as file:
            return file.read()

    return read


def local_write(site):  # straight into the file
    store, folder = fs.LocalFileSystem(), os.path.join(site.folder, "out") + "/"

    def write(name, data):
        with store.open_output_stream(folder + name) as file:
            file.write(data)

    return write


def local_stat(site):
    store, folder = fs.LocalFileSystem(), os.path.join(site.folder, "files") + "/"
    return lambda name: store.get_file_info(folder + name)


def local_list(site):
    store, selector = fs.LocalFileSystem(), fs.FileSelector(os.path.join(site.folder, "files"))
    return lambda: store.get_file_info(selector)


def copy_file(site):
    store = fs.LocalFileSystem()
    return lambda source, target: store.copy_file(source, target)


def copy_tree(site):
    store = fs.LocalFileSystem()

    def copy(source, target):
        os.mkdir(target)
        fs.copy_files(source, target, source_filesystem=store, destination_filesystem=store)

    return copy
