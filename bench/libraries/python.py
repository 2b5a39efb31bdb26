"""What plain Python does without a library: the limit that a Python user could reach by hand."""

import hashlib
import os
import shutil

IMPORT = "pass"


def local_read(site):
    folder = os.path.join(site.folder, "files") + "/"

    def read(name):
        descriptor = os.open(folder + name, os.O_RDONLY)
        data = os.read(descriptor, 1 << 16)
        os.close(descriptor)
        return data

    return read


async def local_read_async(site):
    read = local_read(site)

    async def get(name):
        return read(name)

    return get


def replace(folder: str, sync: bool):
    temporary = folder + "temporary"
    directory = os.open(folder, os.O_RDONLY)

    def write(name, data):
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(descriptor, data)
        if sync:
            os.fsync(descriptor)
        os.close(descriptor)
        os.rename(temporary, folder + name)
        if sync:
            os.fsync(directory)

    return write


def local_write(site):
    return replace(os.path.join(site.folder, "out") + "/", False)


def local_write_durable(site):
    return replace(os.path.join(site.folder, "out") + "/", True)


def local_stat(site):
    folder = os.path.join(site.folder, "files") + "/"
    return lambda name: os.stat(folder + name)


def local_list(site):
    folder = os.path.join(site.folder, "files")
    return lambda: list(os.scandir(folder))


def local_md5(site):
    def md5(path):
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()

    return md5


def copy_file(site):
    return lambda source, target: shutil.copyfile(source, target)


def copy_tree(site):
    return lambda source, target: shutil.copytree(source, target)


def serve_file(site):
    def of(path):
        def app(environ, start_response):
            file = open(path, "rb")  # noqa: SIM115  the server closes it
            size = os.fstat(file.fileno()).st_size
            start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(size))])
            return environ["wsgi.file_wrapper"](file, 65536)

        return app

    return of


def memory_get(site):
    store = {}
    return store.__getitem__, store.__setitem__


def memory_put(site):
    return {}.__setitem__


async def memory_get_async(site):
    store = {}

    async def get(key):
        return store[key]

    return get, store.__setitem__


def memory_exists(site):
    return {str(i): b"x" for i in range(128)}.__contains__


def make_node(site):
    from pathlib import PurePosixPath

    return lambda key: PurePosixPath("folder/" + key)
