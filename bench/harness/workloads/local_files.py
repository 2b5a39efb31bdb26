"""Local files."""

from functools import partial

from harness.case import OLD, OURS, Case
from harness.workloads.words import G, K, M, better, files, within

local = partial(Case, server="")
small = partial(local, driver="sync", size=4 * K, objects=1000)
tree = partial(
    local,
    driver="copy",
    unit="s",
    source="tree",
    files=10_000,
    memory=256 * M,
    wall=True,
    rounds=3,
    quick={"source": "small-tree", "files": 2000},
)
sync_tree = partial(tree, source="sync-tree", files=5000)
tree_again = partial(tree, keep_target=True, memory=0)
sync_tree_again = partial(sync_tree, keep_target=True, memory=0)
QUICK_READ = {"source": "medium.bin", "size": 128 * M}
QUICK_GIB = QUICK_READ | {"memory": 256 * M}
gib = partial(local, unit="s/GB", source="large.bin", size=G, memory=5 * G // 4, quick=QUICK_GIB)
served = partial(
    gib,
    operations=("serve_file",),
    goals=(within(1.3, "python"), within(8, what="rss_growth")),
    rounds=3,
)

LOCAL_FILES = [
    small(
        "W13",
        "read 4 KiB local, sync",
        operations=("local_read",),
        limits={"C": files("read")},
        goals=(within(1.2, "python"),),
        seconds=0.4,
    ),
    small(
        "W14",
        "read 4 KiB local, awaited, 64 at once",
        driver="awaited",
        operations=("local_read_async",),
        concurrency=64,
        limits={"C": files("read")},
        goals=(better(20, "obstore"),),
        seconds=0.4,
    ),
    small(
        "W15",
        "write 4 KiB local over an old file, whole-or-old, no fsync",
        operations=("local_write",),
        limits={
            "C, temporary and rename": files("rename", "limit"),
            "C, create and write": files("create --files 1", "limit-new"),
        },
        goals=(within(1.2, "limit"),),
    ),
    small(
        "W15-durable",
        "write 4 KiB local, fsync of file and folder",
        operations=("local_write_durable",),
        limits={"C, fsync and rename": files("durable", "limit")},
        goals=(within(1.2, "limit"),),
        rounds=3,
    ),
    small(
        "W16-stat",
        "size of a local file",
        operations=("local_stat",),
        size=0,
        limits={"C": files("stat")},
        seconds=0.3,
        rounds=3,
        goals=(better(70, OLD),),
    ),
    local(
        "W16-list",
        "list a local folder of 1,000 files",
        "entries",
        ("local_list",),
        no_argument=True,
        expected=1000,
        limits={"C": files("readdir")},
        seconds=0.3,
        rounds=3,
        goals=(better(3),),
    ),
    gib(
        "W17",
        "copy 1 GiB local",
        "copy",
        ("copy_file",),
        unit="s",
        wall=True,
        goals=(within(1.05, "cp", "wall"),),
    ),
    tree(
        "W18-one-core",
        "copy 10,000 files of 4 KiB, one core",
        operations=("copy_tree",),
        goals=(within(1, "cp", "wall"),),
    ),
    tree(
        "W18-two-cores",
        "copy 10,000 files of 4 KiB, two cores",
        operations=("copy_tree",),
        both_cores=True,
        goals=(within(1, "cp", "wall"),),
    ),
    tree_again(
        "W19",
        "copy them again, nothing to do",
        operations=("copy_tree_again",),
        goals=(better(30, OLD, "wall"),),
    ),
    sync_tree_again(
        "W19-size",
        "copy 5,000 files of 4 KiB again, compared by size",
        operations=("copy_tree_again_size",),
        goals=(better(20, OLD, "wall"),),
    ),
    sync_tree_again(
        "W19-hash",
        "copy 5,000 files of 4 KiB again, compared by content",
        operations=("copy_tree_again_hash",),
        goals=(better(20, OLD, "wall"),),
    ),
    sync_tree(
        "W18-sync",
        "copy 5,000 files of 4 KiB the first time, comparing sizes",
        operations=("copy_tree_by_size",),
        both_cores=True,
        goals=(better(20, OLD, "wall"),),
    ),
    sync_tree(
        "W18-sync-hash",
        "the same, comparing contents",
        operations=("copy_tree_by_hash",),
        both_cores=True,
        goals=(better(20, OLD, "wall"),),
    ),
    sync_tree(
        "W18-durable",
        "copy 5,000 files of 4 KiB, on stable storage when it returns",
        operations=("copy_tree_durable",),
    ),
    gib("W24", "MD5 of 1 GiB local", "digest", ("local_md5",), memory=0, rounds=2, quick=QUICK_READ),
    served("W29-read", "1 GiB local through a WSGI server that iterates", "served", libraries=(OURS, OLD, "python")),
    served(
        "W29-sendfile",
        "the same through one that uses sendfile",
        "sent",
        memory=0,
        quick=QUICK_READ,
        libraries=(OURS, "python"),
    ),
]
