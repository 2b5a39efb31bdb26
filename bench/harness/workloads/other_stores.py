"""Google's store, Azure's and WebDAV: the same four rows for each."""

from harness.case import OURS, Case
from harness.workloads.words import K, M, better, http, within

STORES = {
    "W33": ("gcs", "Google", ("obstore", "opendal", "gcsfs", "google-cloud-storage")),
    "W34": ("azure", "Azure", ("obstore", "opendal", "adlfs", "azure-storage-blob")),
    "W35": ("webdav", "WebDAV", ("obstore", "opendal", "webdav4")),
}


def rows(number: str) -> list[Case]:
    store, title, rivals = STORES[number]
    libraries = (OURS, *rivals)
    return [
        Case(
            f"{number}-get",
            f"{title}: GET 1 KiB awaited, 64 at once",
            "awaited",
            (f"{store}_get_async",),
            size=K,
            concurrency=64,
            server="stores",
            libraries=libraries,
            limits={"C, epoll": http("get")},
            goals=(better(5),),
            rounds=3,
        ),
        Case(
            f"{number}-put",
            f"{title}: PUT 1 KiB awaited, 64 at once",
            "awaited",
            (f"{store}_put_async",),
            size=K,
            concurrency=64,
            server="stores",
            libraries=libraries,
            limits={"C, epoll": http("put")},
            goals=(better(5),),
            rounds=3,
        ),
        Case(
            f"{number}-list",
            f"{title}: list 10,000 names",
            "entries",
            (f"{store}_list",),
            no_argument=True,
            expected=10_000,
            server="stores",
            libraries=libraries,
            goals=(better(4),),
            rounds=3,
        ),
        Case(
            f"{number}-large",
            f"{title}: GET 256 MiB to bytes",
            "large_get",
            (f"{store}_get",),
            unit="s/GB",
            size=256 * M,
            memory=640 * M,
            server="stores",
            libraries=libraries,
            limits={"C, new memory": http("get --fresh")},
            goals=(better(1.5), within(256 + 40, what="rss")),
            rounds=3,
            quick={"size": 64 * M, "memory": 256 * M, "goals": (better(1.5),)},
        ),
    ]


OTHER_STORES = [case for number in STORES for case in rows(number)]
