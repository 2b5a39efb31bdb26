"""Run in the rivals' environment: makes the bucket and the objects on a real server that the fixed one invents.

Leaves what is there.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from libraries.boto3 import client

from harness.sample import OBJECTS, Content
from harness.site import Site


def main() -> None:
    site = Site(**json.loads(sys.argv[1]))
    store, content = client(site), Content(site)
    if site.bucket not in [bucket["Name"] for bucket in store.list_buckets()["Buckets"]]:
        store.create_bucket(Bucket=site.bucket)
    wanted = [
        (f"{size}/{i}", size)
        for size, count in ((1 << 10, 10_000), (1 << 20, OBJECTS), (1 << 16, OBJECTS), (256 << 20, 2))
        for i in range(count)
    ]
    wanted.append((f"{1 << 16}/warm", 1 << 16))
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=site.bucket)
    there = {entry["Key"] for page in pages for entry in page.get("Contents", [])}
    with ThreadPoolExecutor(16) as pool:
        put = lambda item: store.put_object(Bucket=site.bucket, Key=item[0], Body=content.make(item[1]))  # noqa: E731
        for _ in pool.map(put, [item for item in wanted if item[0] not in there]):
            pass


if __name__ == "__main__":
    main()
