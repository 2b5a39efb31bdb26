"""Small objects on S3."""

from functools import partial

from harness.case import OLD, Case
from harness.workloads.words import AWAITED_GET, AWAITING, K, better, http, within

EPOLL, BLOCKING = {"C, epoll": http("get")}, {"C, blocking": http("get")}
ASYNCIO = (*AWAITING, "aiobotocore")

awaited_get = partial(
    Case, driver="awaited", operations=AWAITED_GET, size=K, concurrency=64, server="fixed", limits=EPOLL
)
awaited_get_256 = partial(awaited_get, concurrency=256, verify=512)
get = partial(Case, operations=("s3_get",), size=K)
put = partial(Case, size=K, minio=True)

SMALL_OBJECTS = [
    awaited_get("W1-1k-64", "GET 1 KiB awaited, 64 at once", goals=(better(8), better(150, OLD)), minio=True),
    awaited_get_256(
        "W1-1k-256",
        "GET 1 KiB awaited, 256 at once",
        goals=(better(8), better(150, OLD)),
        rounds=3,
        libraries=(*AWAITING, OLD),
        slow_rounds=1,
    ),
    awaited_get(
        "W1-4k-64",
        "GET 4 KiB awaited, 64 at once",
        size=4 * K,
        goals=(better(8), better(150, OLD)),
        rounds=3,
        libraries=(*AWAITING, OLD),
        slow_rounds=1,
    ),
    awaited_get_256(
        "W1-4k-256", "GET 4 KiB awaited, 256 at once", size=4 * K, goals=(better(8),), rounds=2, libraries=AWAITING
    ),
    awaited_get_256(
        "W1-delay-2ms",
        "GET 1 KiB awaited, 256 at once, answered after 2 ms",
        server="delayed",
        rounds=2,
        libraries=ASYNCIO,
    ),
    awaited_get(
        "W1-tls", "GET 1 KiB awaited over TLS, 64 at once", server="tls", rounds=2, libraries=ASYNCIO, limits={}
    ),
    awaited_get("W2", "GET 1 KiB awaited, one at a time", concurrency=1, limits=BLOCKING, rounds=3),
    get(
        "W3",
        "GET 1 KiB sync, one at a time",
        "sync",
        limits=BLOCKING | {"C, spinning": http("get --spin")},
        goals=(better(4), better(2.5, what="rate")),
        minio=True,
    ),
    get("W4", "GET 1 KiB sync, 16 threads", "threads", concurrency=16, rounds=3, limits=EPOLL, goals=(better(6),)),
    Case(
        "W5",
        "10,000 keys of 1 KiB in one call",
        "many",
        ("s3_get_many", "s3_get_async"),
        size=K,
        objects=10_000,
        concurrency=64,
        rounds=3,
        limits=EPOLL,
        libraries=AWAITING,
        goals=(within(12), better(18)),
        quick={"objects": 2000},
        minio=True,
    ),
    put(
        "W6-sync",
        "PUT 1 KiB sync, one at a time",
        "sync",
        ("s3_put",),
        limits={"C, blocking": http("put"), "C, spinning": http("put --spin")},
        goals=(better(3),),
    ),
    put(
        "W6-awaited",
        "PUT 1 KiB awaited, 64 at once",
        "awaited",
        ("s3_put_async",),
        concurrency=64,
        limits={"C, epoll": http("put")},
        goals=(better(8),),
    ),
    awaited_get(
        "W7",
        "GET 64 KiB awaited, 16 at once",
        size=64 * K,
        concurrency=16,
        rounds=3,
        goals=(better(6),),
        libraries=ASYNCIO,
        minio=True,
    ),
]
