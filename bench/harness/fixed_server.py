"""What the fixed server got, asked past every library."""

import json
import os
import urllib.request
from http.client import HTTPConnection

from harness.sample import Content, Sample


def fetch(site, key: str) -> bytes:
    """What it kept of an upload."""
    with urllib.request.urlopen(f"{site.endpoint}/{site.bucket}/{key}") as response:
        return response.read()


def verify_put(call, case, site, sample: Sample) -> None:
    if case.operations[0].startswith("s3_put") and site.fixed:
        key, data = f"kept/{os.getpid()}", Content(site).make(case.size)
        call(key, data)
        sample.bytes_verified += Content(site).check(fetch(site, key), case.size)


class Statistics:
    """The server's counters, over one connection that it leaves out of its count of connections from reset() on.

    Blocks, also where it is called inside a loop: nothing else may run between it and what is measured.
    """

    def __init__(self, endpoint: str):
        self.connection = HTTPConnection(endpoint.removeprefix("http://"))

    def reset(self) -> None:
        self.ask("/_reset")

    def get(self) -> dict:
        return json.loads(self.ask("/_statistics"))

    def ask(self, path: str) -> bytes:
        self.connection.request("GET", path)
        return self.connection.getresponse().read()
