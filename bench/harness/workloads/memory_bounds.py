"""Bounds on memory and sockets."""

from functools import partial

from harness.case import OURS, Case
from harness.workloads.words import AWAITED_GET, G, K, M, within

stream = partial(
    Case,
    driver="stream",
    unit="s/GB",
    size=4 * G,
    memory=3 * G,
    rounds=1,
    goals=(within(128, what="rss"),),
    quick={"size": 256 * M, "memory": 512 * M},
)

MEMORY_BOUNDS = [
    stream("M1-up", "4 GiB file to S3", operations=("s3_stream_up",), libraries=(OURS, "boto3")),
    stream("M1-down", "4 GiB from S3 to a file", operations=("s3_stream_down",), libraries=(OURS, "boto3")),
    stream("M1-across", "4 GiB from one S3 mount to another", operations=("s3_stream_across",), memory=G),
    Case(
        "W28",
        "10,000 GETs of 1 KiB awaited at once",
        "burst",
        AWAITED_GET,
        size=K,
        objects=10_000,
        rounds=2,
        libraries=(OURS, "obstore", "opendal", "awscrt", "aiobotocore"),
        goals=(within(300, what="rss"), within(256, what="connections")),
        quick={"objects": 2000},
    ),
]
