"""The table of workloads: what is measured, against which limit, and what has to be reached. Order and numbers as in docs/benchmarks.md."""

from harness.case import OLD, OURS, Case, Goal

K, M, G = 1 << 10, 1 << 20, 1 << 30
TREE_FILES = 10_000


def http(arguments: str, concurrency: str = "{concurrency}") -> str:
    return f"limit_http {arguments} --size {{size}} --concurrency {concurrency} --port {{port}} --seconds {{seconds}}"


def files(arguments: str, root: str = "files") -> str:
    return f"limit_files {arguments} --root {{folder}}/{root} --seconds {{seconds}}"


AWAITING = (OURS, "obstore", "obstore-range", "opendal", "awscrt")
AWAITED_GET, SYNC_GET = ("s3_get_async",), ("s3_get",)

SMALL_OBJECTS = [
    Case(
        "W1", "W1-1k-64", "GET 1 KiB awaited, 64 at once", "awaited", AWAITED_GET, size=K, concurrency=64, minio=True,
        limits={"C, epoll": http("get")},
        goals=(Goal("cpu", "best", at_least=8), Goal("cpu", OLD, at_least=150)),
    ),
    Case(
        "W1", "W1-1k-256", "GET 1 KiB awaited, 256 at once", "awaited", AWAITED_GET, size=K, concurrency=256, verify=512,
        limits={"C, epoll": http("get")},
        goals=(Goal("cpu", "best", at_least=8), Goal("cpu", OLD, at_least=150)), rounds=3, libraries=(*AWAITING, OLD), slow_rounds=1,
    ),
    Case(
        "W1", "W1-4k-64", "GET 4 KiB awaited, 64 at once", "awaited", AWAITED_GET, size=4 * K, concurrency=64,
        limits={"C, epoll": http("get")},
        goals=(Goal("cpu", "best", at_least=8), Goal("cpu", OLD, at_least=150)), rounds=3, libraries=(*AWAITING, OLD), slow_rounds=1,
    ),
    Case(
        "W1", "W1-4k-256", "GET 4 KiB awaited, 256 at once", "awaited", AWAITED_GET, size=4 * K, concurrency=256, verify=512,
        limits={"C, epoll": http("get")},
        goals=(Goal("cpu", "best", at_least=8),), rounds=2, libraries=AWAITING,
    ),
    Case(
        "W1", "W1-delay-2ms", "GET 1 KiB awaited, 256 at once, the server answers after 2 ms", "awaited", AWAITED_GET, size=K,
        concurrency=256, verify=512, server="delayed", rounds=2,
        libraries=(*AWAITING, "aiobotocore"),
        limits={"C, epoll": http("get")},
    ),
    Case(
        "W1", "W1-tls", "GET 1 KiB awaited over TLS, 64 at once", "awaited", AWAITED_GET, size=K, concurrency=64, server="tls", rounds=2,
        libraries=(*AWAITING, "aiobotocore"),
    ),
    Case(
        "W2", "W2", "GET 1 KiB awaited, one at a time", "awaited", AWAITED_GET, size=K,
        limits={"C, blocking": http("get")}, rounds=3,
    ),
    Case(
        "W3", "W3", "GET 1 KiB sync, one at a time", "sync", SYNC_GET, size=K, minio=True,
        limits={"C, blocking": http("get"), "C, spinning": http("get --spin")},
        goals=(Goal("cpu", "best", at_least=4), Goal("rate", "best", at_least=2.5)),
    ),
    Case(
        "W4", "W4", "GET 1 KiB sync, 16 threads", "threads", SYNC_GET, size=K, concurrency=16, rounds=3,
        limits={"C, epoll": http("get")}, goals=(Goal("cpu", "best", at_least=6),),
    ),
    Case(
        "W5", "W5", "10,000 keys of 1 KiB in one call", "many", ("s3_get_many", "s3_get_async"), size=K, objects=10_000, concurrency=64, rounds=3,
        limits={"C, epoll": http("get")},
        libraries=AWAITING,
        goals=(Goal("cpu", "", at_most=12), Goal("cpu", "best", at_least=18)), quick={"objects": 2000}, minio=True,
    ),
    Case(
        "W6", "W6-sync", "PUT 1 KiB sync, one at a time", "sync", ("s3_put",), size=K, minio=True,
        limits={"C, blocking": http("put"), "C, spinning": http("put --spin")},
        goals=(Goal("cpu", "best", at_least=3),),
    ),
    Case(
        "W6", "W6-awaited", "PUT 1 KiB awaited, 64 at once", "awaited", ("s3_put_async",), size=K, concurrency=64,
        limits={"C, epoll": http("put")}, goals=(Goal("cpu", "best", at_least=8),), minio=True,
    ),
    Case(
        "W7", "W7", "GET 64 KiB awaited, 16 at once", "awaited", AWAITED_GET, size=64 * K, concurrency=16, rounds=3,
        limits={"C, epoll": http("get")}, goals=(Goal("cpu", "best", at_least=6),),
        libraries=(*AWAITING, "aiobotocore"),
    ),
]

LARGE_OBJECTS = [
    Case(
        "W8", "W8-bytes", "GET 1 MiB awaited to bytes, 16 at once", "awaited", AWAITED_GET, "s/GB", size=M, concurrency=16, verify=32,
        limits={"C, epoll": http("get")}, goals=(Goal("cpu", "best", at_least=1.7),), minio=True,
    ),
    Case(
        "W8", "W8-into", "GET 1 MiB awaited into a buffer, 16 at once", "awaited", ("s3_get_into_async", "s3_get_async"), "s/GB", size=M,
        concurrency=16, verify=32, limits={"C, epoll": http("get")},
        libraries=(OURS, "obstore", "opendal", "awscrt"), goals=(Goal("cpu", "best", at_least=1.7),), rounds=3,
    ),
    Case(
        "W9", "W9", "GET 256 MiB to bytes", "large_get", ("s3_get_large", "s3_get"), "s/GB", size=256 * M, repeats=2,
        limits={"C, new memory": http("get --fresh"), "C, one buffer": http("get")},
        goals=(Goal("cpu", "best", at_least=1.7), Goal("rss", "", at_most=256 + 40)), quick={"size": 64 * M}, minio=True,
    ),
    Case(
        "W10", "W10-into", "GET 256 MiB into a buffer", "large_get", ("s3_get_into", "s3_get_large", "s3_get"), "s/GB", size=256 * M, repeats=2,
        limits={"C, one buffer": http("get")}, rounds=3,
        libraries=(OURS, "obstore", "opendal", "awscrt", "pyarrow", "boto3"),
        goals=(Goal("cpu", "best", at_least=1.7),), quick={"size": 64 * M},
    ),
    Case(
        "W10", "W10-file", "GET 256 MiB to a file", "large_get_file", ("s3_get_file",), "s/GB", size=256 * M, repeats=2,
        limits={"C, recv and pwrite": http("get --file {folder}/out/limit")}, rounds=3,
        goals=(Goal("cpu", "best", at_least=1.7), Goal("rss", "", at_most=64)), quick={"size": 64 * M},
    ),
    Case(
        "W11", "W11", "multipart PUT of 1 GiB", "large_put", ("s3_put_large",), "s/GB", size=G, limits={"C, send": http("put")},
        goals=(Goal("cpu", "opendal", at_least=1), Goal("rss_growth", "", at_most=16)), rounds=3, quick={"size": 128 * M}, minio=True,
    ),
    Case(
        "W12", "W12", "list 100,000 keys", "entries", ("s3_list",), "us", no_argument=True, expected=100_000, slow_rounds=1,
        limits={"C, receiving only": http("list")}, goals=(Goal("cpu", "best", at_least=4),), rounds=3,
        libraries=(OURS, "obstore", "opendal", "pyarrow", "minio", "boto3", "s3fs"),  # the old package is not done in minutes
    ),
    Case(
        "W20", "W20", "2,000 files of 4 KiB, local to S3", "upload_tree", ("s3_upload_tree",), size=4 * K, objects=2000, concurrency=64,
        source="small-tree",
        limits={"C, one PUT": http("put")}, rounds=3, goals=(Goal("cpu", "best", at_least=8),),
    ),
    Case(
        "W26", "W26", "GET 8 MiB awaited, 64 at once", "awaited", AWAITED_GET, "s/GB", size=8 * M, concurrency=64, verify=64, rounds=2,
        libraries=(OURS, "obstore", "opendal"), limits={"C, epoll": http("get")},
        goals=(Goal("cpu", "best", at_least=2),),
    ),
]

LOCAL_FILES = [
    Case(
        "W13", "W13", "read 4 KiB local, sync", "sync", ("local_read",), size=4 * K, objects=1000, server="",
        limits={"C": files("read")}, goals=(Goal("cpu", "python", at_most=1.2),), seconds=0.4,
    ),
    Case(
        "W14", "W14", "read 4 KiB local, awaited, 64 at once", "awaited", ("local_read_async",), size=4 * K, objects=1000, concurrency=64,
        server="", limits={"C": files("read")}, goals=(Goal("cpu", "obstore", at_least=20),), seconds=0.4,
    ),
    Case(
        "W15", "W15", "write 4 KiB local over an old file, whole-or-old, no fsync", "sync", ("local_write",), size=4 * K, objects=1000, server="",
        limits={"C, temporary and rename": files("rename", "limit"), "C, create and write": files("create --files 1", "limit-new")},
        goals=(Goal("cpu", "limit", at_most=1.2),), seconds=0.5,
    ),
    Case(
        "W15", "W15-durable", "write 4 KiB local, fsync of file and folder", "sync", ("local_write_durable",), size=4 * K, objects=1000,
        server="", limits={"C, fsync and rename": files("durable", "limit")}, goals=(Goal("cpu", "limit", at_most=1.2),), seconds=0.5, rounds=3,
    ),
    Case(
        "W16", "W16-stat", "size of a local file", "sync", ("local_stat",), objects=1000, server="", limits={"C": files("stat")},
        seconds=0.3, rounds=3, goals=(Goal("cpu", OLD, at_least=70),),
    ),
    Case(
        "W16", "W16-list", "list a local folder of 1,000 files", "entries", ("local_list",), no_argument=True, expected=1000, server="",
        limits={"C": files("readdir")}, seconds=0.3, rounds=3, goals=(Goal("cpu", "best", at_least=3),),
    ),
    Case(
        "W17", "W17", "copy 1 GiB local", "copy", ("copy_file",), "s", source="large.bin", server="", wall=True,
        goals=(Goal("wall", "cp", at_most=1.05),), quick={"source": "medium.bin"},
    ),
    Case(
        "W18", "W18-one-core", "copy 10,000 files of 4 KiB, one core", "copy", ("copy_tree",), "s", source="tree", server="", wall=True,
        goals=(Goal("wall", "cp", at_most=1.0),), rounds=3, quick={"source": "small-tree"},
    ),
    Case(
        "W18", "W18-two-cores", "copy 10,000 files of 4 KiB, two cores", "copy", ("copy_tree",), "s", source="tree", server="", wall=True,
        both_cores=True, goals=(Goal("wall", "cp", at_most=1.0),), rounds=3, quick={"source": "small-tree"},
    ),
    Case(
        "W19", "W19", "copy them again, nothing to do", "copy", ("copy_tree_again",), "s", source="tree", keep_target=True, server="",
        wall=True, goals=(Goal("wall", OLD, at_least=30),), rounds=3, quick={"source": "small-tree"},
    ),
    Case(
        "W24", "W24", "MD5 of 1 GiB local", "digest", ("local_md5",), "s/GB", source="large.bin", size=G, server="", rounds=2,
        quick={"source": "medium.bin", "size": 128 * M},
    ),
]

MEMORY_AND_CALLS = [
    Case(
        "W21", "W21-get", "memory get 4 KiB, sync", "sync", ("memory_get",), size=4 * K, fill=True, server="", seconds=0.3,
        limits={"C, memcpy": files("memcpy")}, goals=(Goal("cpu", "obstore", at_least=5),),
    ),
    Case(
        "W21", "W21-put", "memory put 4 KiB, sync", "sync", ("memory_put",), size=4 * K, server="", seconds=0.3,
        limits={"C, memcpy": files("memcpy")}, goals=(Goal("cpu", "obstore", at_least=5),),
    ),
    Case(
        "W22", "W22", "memory get 4 KiB, awaited, 64 at once", "awaited", ("memory_get_async",), size=4 * K, concurrency=64, fill=True,
        server="", seconds=0.3, goals=(Goal("cpu", "obstore", at_least=5),),
    ),
    Case(
        "W23", "W23-node", "node(address)", "sync", ("make_node",), server="", seconds=0.3, goals=(Goal("cpu", "", at_most=0.5),), rounds=3,
    ),
    Case(
        "W23", "W23-exists", "exists on memory", "sync", ("memory_exists",), server="", seconds=0.3, goals=(Goal("cpu", "obstore", at_least=5),),
        rounds=3,
    ),
    Case("W23", "W23-path", "basename, suffix and path of a node", "sync", ("path_operations",), server="", seconds=0.3, rounds=3),
    Case(
        "W25", "W25", "import, interpreter included", "program", ("IMPORT",), "s", server="", wall=True, repeats=5, rounds=3,
        goals=(Goal("wall", "opendal", at_least=1),),
    ),
]

MEMORY_BOUNDS = [
    Case(
        "M1", "M1-up", "4 GiB file to S3", "stream", ("s3_stream_up",), "s/GB", size=4 * G, rounds=1, goals=(Goal("rss", "", at_most=128),),
        libraries=(OURS, "boto3"), quick={"size": 256 * M},
    ),
    Case(
        "M1", "M1-down", "4 GiB from S3 to a file", "stream", ("s3_stream_down",), "s/GB", size=4 * G, rounds=1,
        goals=(Goal("rss", "", at_most=128),), libraries=(OURS, "boto3"), quick={"size": 256 * M},
    ),
    Case(
        "M1", "M1-across", "4 GiB from one S3 mount to another", "stream", ("s3_stream_across",), "s/GB", size=4 * G, rounds=1,
        goals=(Goal("rss", "", at_most=128),), quick={"size": 256 * M},
    ),
    Case(
        "W28", "W28", "10,000 GETs of 1 KiB awaited at once", "burst", AWAITED_GET, size=K, objects=10_000, rounds=2,
        libraries=(OURS, "obstore", "opendal", "awscrt", "aiobotocore"),
        goals=(Goal("rss", "", at_most=300), Goal("connections", "", at_most=256)), quick={"objects": 2000},
    ),
]

CASES = SMALL_OBJECTS + LARGE_OBJECTS + LOCAL_FILES + MEMORY_AND_CALLS + MEMORY_BOUNDS
