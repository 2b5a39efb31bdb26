"""The documented interface that genro-storage 0.8.4 and ours have in common.

One adapter for both, each in its own environment.
"""

import os
import threading

from genro_storage import StorageManager

IMPORT = "import genro_storage"
LOCAL_OPTIONS = {}  # of local mounts


def s3_mount(site) -> dict:
    return {
        "name": "s3",
        "protocol": "s3",
        "bucket": site.bucket,
        "endpoint_url": site.endpoint,
        "access_key": site.access_key,
        "secret_key": site.secret_key,
        "region": site.region,
    }


def storage(site) -> StorageManager:
    manager = StorageManager()
    mounts = [{"name": "memory", "protocol": "memory"}]
    if site.endpoint:
        mounts.append(s3_mount(site))
    for name in ("files", "out"):
        mounts.append(
            {"name": name, "protocol": "local", "base_path": os.path.join(site.folder, name), **LOCAL_OPTIONS}
        )
    mounts.append({"name": "root", "protocol": "local", "base_path": "/", **LOCAL_OPTIONS})
    manager.configure(mounts)
    return manager


def serve_file(site):
    node = storage(site).node
    return lambda path: node("root:" + path).serve


def sealed_node(site):
    manager = storage(site)
    manager.set_encryption_keys("a2V5cyBvZiBiZW5jaG1hcmtzIGhpZGUgbm90aGluZyE=")
    return manager.node


def encrypted_write(site):
    node = sealed_node(site)
    return lambda name, data: node("memory:" + name).write_bytes(data, encrypted=True)


def encrypted_read(site):
    node = sealed_node(site)
    return (
        lambda name: node("memory:" + name).read_bytes(),
        lambda name, data: node("memory:" + name).write_bytes(data, encrypted=True),
    )


def s3_get(site):
    node = storage(site).node
    return lambda key: node("s3:" + key).read_bytes()


async def s3_get_async(site):
    node = storage(site).node
    return lambda key: node("s3:" + key).read_bytes()


def s3_put(site):
    node = storage(site).node
    return lambda key, data: node("s3:" + key).write_bytes(data)


async def s3_put_async(site):
    node = storage(site).node
    return lambda key, data: node("s3:" + key).write_bytes(data)


def s3_list(site):
    node = storage(site).node
    return lambda: node("s3:list").children()


def local_read(site):
    node = storage(site).node
    return lambda name: node("files:" + name).read_bytes()


async def local_read_async(site):
    node = storage(site).node
    return lambda name: node("files:" + name).read_bytes()


def local_write(site):
    node = storage(site).node
    return lambda name, data: node("out:" + name).write_bytes(data)


def local_stat(site):
    node = storage(site).node
    return lambda name: node("files:" + name).size()


def local_list(site):
    node = storage(site).node
    return lambda: node("files:").children()


def copy_file(site):
    node = storage(site).node
    return lambda source, target: node("root:" + source).copy_to(node("root:" + target))


copy_tree = copy_file


def copy_tree_again(site):
    node = storage(site).node
    return lambda source, target: node("root:" + source).copy_to(node("root:" + target), skip="exists")


def copy_tree_by_size(site):
    node = storage(site).node
    return lambda source, target: node("root:" + source).copy_to(node("root:" + target), skip="size")


def copy_tree_by_hash(site):
    node = storage(site).node
    return lambda source, target: node("root:" + source).copy_to(node("root:" + target), skip="hash")


copy_tree_again_size = copy_tree_by_size
copy_tree_again_hash = copy_tree_by_hash


def s3_upload_tree(site):
    node = storage(site).node
    return lambda source, prefix: node("root:" + source).copy_to(node("s3:" + prefix))


def local_md5(site):
    node = storage(site).node
    return lambda path: node("root:" + path).md5hash()


def memory_get(site):
    node = storage(site).node
    return lambda key: node("memory:" + key).read_bytes(), lambda key, data: node("memory:" + key).write_bytes(data)


def memory_put(site):
    node = storage(site).node
    return lambda key, data: node("memory:" + key).write_bytes(data)


async def memory_get_async(site):
    node = storage(site).node

    def put(key, data):  # in a thread without an event loop the call runs at once
        worker = threading.Thread(target=lambda: node("memory:" + key).write_bytes(data))
        worker.start()
        worker.join()

    return lambda key: node("memory:" + key).read_bytes(), put


def memory_exists(site):
    node = storage(site).node
    for i in range(128):
        node(f"memory:{i}").write_bytes(b"x")
    return lambda key: node("memory:" + key).exists()


def make_node(site):
    node = storage(site).node
    return lambda key: node("memory:folder/" + key)


def path_operations(site):
    node = storage(site).node("memory:folder/file.txt")
    return lambda key: (node.basename, node.suffix, node.path)
