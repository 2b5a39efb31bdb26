"""The short suite, GENRO_TEST_SHORT: what a module that is only built in another way has to show.

./dev test runs all tests on the release build. It runs the short suite on the build with AddressSanitizer (`1`) and on
every other Python (`boundary`), where each way across the boundary between Python and the engine is worth its time
once, and no more:

- One server of each protocol. Of a test's cases on MinIO, versitygw and moto those on the first of them stay, as do
  those on Apache of its cases on Apache and wsgidav, and so on: servers of one protocol differ in what they answer, and
  answers are read by the same code in every build.
- No test that is marked `full_only`. It measures time, memory or processes, which another build changes by its nature;
  or it waits out real delays, works on hundreds of megabytes, or compares with another library, and what it proves is
  the engine's, however that was built.
- On another Python, no module of OF_THE_ENGINE. They hold one protocol against its servers, also against wrong ones;
  what reads the answers is compiled without Python, and their calls are those of every mount. A sanitizer judges that
  code, so it sees them.

Both worlds stay, and so do all mounts that are no servers: they cross the boundary in ways of their own.
"""

from __future__ import annotations

import os

import pytest

PROTOCOLS = (("minio", "versitygw", "moto"), ("apache", "wsgidav"), ("cloud", "fake_gcs"))
EARLIER = {server: servers[:at] for servers in PROTOCOLS for at, server in enumerate(servers)}
OF_THE_ENGINE = {
    f"test_{name}.py"
    for name in (
        *("abandoned_uploads", "kept_headers", "odd_keys", "proxies", "s3_cleanup", "s3_requests", "s3_to_s3"),
        *("azure_credentials", "azure_faults", "azure_mounts", "gcs_credentials", "gcs_mounts", "gcs_oracle"),
        *("gcs_uploads", "github_mounts", "http_mounts", "server_copies_refused", "webdav_clouds", "webdav_mounts"),
        *("any_server_faults", "any_server_names", "any_server_refusals", "any_server_use", "pairs"),
    )
}


def wanted() -> str:
    return os.environ.get("GENRO_TEST_SHORT", "")


def is_wanted() -> bool:
    return wanted() in ("1", "boundary")


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Takes from the collected tests what the short suite leaves out."""
    there = {item.nodeid for item in items}
    left_out = [item for item in items if is_left_out(item) or is_served_before(item, there)]
    gone = set(left_out)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in gone]


def is_left_out(item: pytest.Item) -> bool:
    of_the_engine = wanted() == "boundary" and item.path.name in OF_THE_ENGINE
    return of_the_engine or item.get_closest_marker("full_only") is not None


def is_served_before(item: pytest.Item, there: set[str]) -> bool:
    """Whether the same case runs on a server that comes earlier."""
    name, bracket, case = item.nodeid.partition("[")
    words = case.removesuffix("]").split("-")
    for at, word in enumerate(words):
        for earlier in EARLIER.get(word, ()):
            if f"{name}{bracket}{'-'.join([*words[:at], earlier, *words[at + 1 :]])}]" in there:
                return True
    return False
