"""Bounds on memory and sockets."""

from harness.case import OURS, Case, Goal
from harness.workloads.words import AWAITED_GET, G, K, M

MEMORY_BOUNDS = [
    Case(
        "M1",
        "M1-up",
        "4 GiB file to S3",
        "stream",
        ("s3_stream_up",),
        "s/GB",
        size=4 * G,
        rounds=1,
        goals=(Goal("rss", "", at_most=128),),
        libraries=(OURS, "boto3"),
        quick={"size": 256 * M},
    ),
    Case(
        "M1",
        "M1-down",
        "4 GiB from S3 to a file",
        "stream",
        ("s3_stream_down",),
        "s/GB",
        size=4 * G,
        rounds=1,
        goals=(Goal("rss", "", at_most=128),),
        libraries=(OURS, "boto3"),
        quick={"size": 256 * M},
    ),
    Case(
        "M1",
        "M1-across",
        "4 GiB from one S3 mount to another",
        "stream",
        ("s3_stream_across",),
        "s/GB",
        size=4 * G,
        rounds=1,
        goals=(Goal("rss", "", at_most=128),),
        quick={"size": 256 * M},
    ),
    Case(
        "W28",
        "W28",
        "10,000 GETs of 1 KiB awaited at once",
        "burst",
        AWAITED_GET,
        size=K,
        objects=10_000,
        rounds=2,
        libraries=(OURS, "obstore", "opendal", "awscrt", "aiobotocore"),
        goals=(Goal("rss", "", at_most=300), Goal("connections", "", at_most=256)),
        quick={"objects": 2000},
    ),
]
