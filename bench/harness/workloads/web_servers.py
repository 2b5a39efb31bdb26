"""Files of a web server, by plain HTTP."""

from harness.case import OURS, Case
from harness.workloads.words import K, M, better, http, within

RIVALS = (OURS, "httpx", "aiohttp", "fsspec")

WEB_SERVERS = [
    Case(
        "W31",
        "GET 1 KiB of a web server awaited, 64 at once",
        "awaited",
        ("http_get_async",),
        size=K,
        concurrency=64,
        libraries=RIVALS,
        limits={"C, epoll": http("get")},
        goals=(better(8),),
        rounds=3,
    ),
    Case(
        "W32",
        "GET 64 MiB of a web server to bytes",
        "large_get",
        ("http_get",),
        unit="s/GB",
        size=64 * M,
        memory=256 * M,
        libraries=RIVALS,
        limits={"C, new memory": http("get --fresh")},
        goals=(better(1.7), within(64 + 40, what="rss")),
        rounds=3,
    ),
]
