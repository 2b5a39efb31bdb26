"""Large objects, listings and trees on S3."""

from functools import partial

from harness.case import OURS, Case
from harness.workloads.words import AWAITED_GET, G, K, M, better, http, within

ONE_BUFFER = {"C, one buffer": http("get")}

large = partial(Case, unit="s/GB", goals=(better(1.7),))
awaited_get = partial(
    large, driver="awaited", operations=AWAITED_GET, size=M, concurrency=16, limits={"C, epoll": http("get")}
)
get_256m = partial(large, size=256 * M, memory=640 * M, rounds=3, quick={"size": 64 * M, "memory": 256 * M})
put_1g = partial(
    large,
    driver="large_put",
    size=G,
    memory=5 * G // 4,
    limits={"C, send": http("put")},
    goals=(better(1, "opendal"), within(16, what="rss_growth")),
    rounds=3,
    quick={"size": 128 * M, "memory": 256 * M},
)

LARGE_OBJECTS = [
    awaited_get("W8-bytes", "GET 1 MiB awaited to bytes, 16 at once", verify=32, rounds=0, minio=True),
    awaited_get(
        "W8-into",
        "GET 1 MiB awaited into a buffer, 16 at once",
        operations=("s3_get_into_async", "s3_get_async"),
        verify=32,
        rounds=3,
        libraries=(OURS, "obstore", "opendal", "awscrt"),
    ),
    get_256m(
        "W9",
        "GET 256 MiB to bytes",
        "large_get",
        ("s3_get_large", "s3_get"),
        limits={"C, new memory": http("get --fresh")} | ONE_BUFFER,
        goals=(better(1.7), within(256 + 40, what="rss")),
        rounds=0,
        minio=True,
    ),
    get_256m(
        "W10-into",
        "GET 256 MiB into a buffer",
        "large_get",
        ("s3_get_into", "s3_get_large", "s3_get"),
        limits=ONE_BUFFER,
        libraries=(OURS, "obstore", "opendal", "awscrt", "pyarrow", "boto3"),
    ),
    get_256m(
        "W10-file",
        "GET 256 MiB to a file",
        "large_get_file",
        ("s3_get_file",),
        limits={"C, recv and pwrite": http("get --file {folder}/out/limit")},
        goals=(better(1.7), within(64, what="rss")),
        minio=True,
    ),
    put_1g("W11", "multipart PUT of 1 GiB", operations=("s3_put_large",), minio=True),
    put_1g(
        "W11-unsummed",
        "the same, nobody sending checksums",
        operations=("s3_put_large_unsummed", "s3_put_large"),
        libraries=(OURS, "obstore", "opendal"),
    ),
    Case(
        "W12",
        "list 100,000 keys",
        "entries",
        ("s3_list",),
        no_argument=True,
        expected=100_000,
        slow_rounds=1,
        limits={"C, receiving only": http("list")},
        goals=(better(4),),
        rounds=3,
        # the old package is not done in minutes
        libraries=(OURS, "obstore", "opendal", "pyarrow", "minio", "boto3", "s3fs"),
    ),
    Case(
        "W20",
        "2,000 files of 4 KiB, local to S3",
        "upload_tree",
        ("s3_upload_tree",),
        size=4 * K,
        objects=2000,
        concurrency=64,
        source="small-tree",
        limits={"C, one PUT": http("put")},
        rounds=3,
        goals=(better(8),),
        minio=True,
    ),
    awaited_get(
        "W26",
        "GET 8 MiB awaited, 64 at once",
        size=8 * M,
        memory=G,
        concurrency=64,
        verify=64,
        rounds=2,
        libraries=(OURS, "obstore", "opendal"),
        goals=(better(2),),
    ),
]
