"""Bucket: an S3 server in memory that keeps whatever key it is given, also what servers with a file system refuse; and
CloudBucket: the same of Google Cloud Storage.

"d/../x", "d//x", "d/" with a content, "a" beside "a/b". Tests look into it, and put into it what no client would send.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, MutableMapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote_plus, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest

from cloud import Cloud, cloud_mount


class Bucket:
    """The objects of the bucket `b`, and the URL at which a server gives them."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        bucket = self

        class Handler(BucketHandler):
            objects = bucket.objects

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def mount(self, name: str, **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "protocol": "s3",
            "bucket": "b",
            "region": "us-east-1",
            "endpoint_url": f"http://127.0.0.1:{self._server.server_port}",
            "addressing_style": "path",
            "access_key": "key",
            "secret_key": "secret",
            "checksum": "none",
            **more,
        }

    def put(self, *keys: str) -> None:
        """Objects whose contents are their keys; those of keys that end in '/' are empty."""
        for key in keys:
            self.objects[key] = b"" if key.endswith("/") else key.encode()


class BucketHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body is a second write
    objects: dict[str, bytes]

    def log_message(self, *arguments: Any) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", headers.pop("length", str(len(body))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int, code: str) -> None:
        self.answer(status, f"<Error><Code>{code}</Code><Message>so it is</Message></Error>".encode())

    def asked(self) -> tuple[str, dict[str, list[str]]]:
        """The key, whose path is taken as it is, and the query."""
        target = urlsplit(self.path)
        key = unquote_plus(target.path.replace("+", "%2B")).removeprefix("/b").removeprefix("/")
        return key, parse_qs(target.query, keep_blank_values=True)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        key, query = self.asked()
        if "list-type" in query:
            self.list(**{name.replace("-", "_"): values[0] for name, values in query.items()})
        elif key not in self.objects:
            self.refuse(404, "NoSuchKey")
        else:
            self.give(self.objects[key])

    def give(self, content: bytes) -> None:
        headers = {"ETag": f'"{hashlib.md5(content).hexdigest()}"', "Last_Modified": "Tue, 14 Nov 2023 22:13:20 GMT"}
        if self.headers.get("If-Match", headers["ETag"]) != headers["ETag"]:
            self.refuse(412, "PreconditionFailed")
        elif self.command == "HEAD":
            self.answer(200, length=str(len(content)), **headers)
        elif asked := self.headers.get("Range"):
            begin, end = asked.removeprefix("bytes=").split("-")
            first, last = int(begin), min(int(end or len(content)), len(content) - 1)
            if first >= len(content):
                self.refuse(416, "InvalidRange")
            else:
                headers["Content_Range"] = f"bytes {first}-{last}/{len(content)}"
                self.answer(206, content[first : last + 1], **headers)
        else:
            self.answer(200, content, **headers)

    def list(self, prefix: str = "", delimiter: str = "", continuation_token: str = "", **_: str) -> None:
        """Three things a page, so that whoever lists turns pages."""
        found: dict[str, str] = {}
        for key in sorted(self.objects):
            if not key.startswith(prefix):
                continue
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0:
                folder = key[: cut + 1]
                found[folder] = f"<CommonPrefixes><Prefix>{escape(quote(folder))}</Prefix></CommonPrefixes>"
            else:
                etag = hashlib.md5(self.objects[key]).hexdigest()
                found[key] = (
                    f"<Contents><Key>{escape(quote(key))}</Key><Size>{len(self.objects[key])}</Size>"
                    f"<LastModified>2023-11-14T22:13:20.000Z</LastModified><ETag>&quot;{etag}&quot;</ETag></Contents>"
                )
        names = [name for name in sorted(found) if name > continuation_token]
        page = "".join(found[name] for name in names[:3])
        more = f"<NextContinuationToken>{escape(names[2])}</NextContinuationToken>" if len(names) > 3 else ""
        self.answer(
            200,
            f"<ListBucketResult><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(len(names) > 3).lower()}</IsTruncated>{more}{page}</ListBucketResult>".encode(),
        )

    def do_PUT(self) -> None:
        key, _ = self.asked()
        content = self.body()
        if source := self.headers.get("x-amz-copy-source"):
            content = self.objects[unquote_plus(source.replace("+", "%2B")).removeprefix("/b/")]
        self.objects[key] = content
        etag = hashlib.md5(content).hexdigest()
        if source:
            self.answer(200, f"<CopyObjectResult><ETag>&quot;{etag}&quot;</ETag></CopyObjectResult>".encode())
        else:
            self.answer(200, ETag=f'"{etag}"')

    def do_POST(self) -> None:
        _, query = self.asked()
        assert "delete" in query
        space = "{http://s3.amazonaws.com/doc/2006-03-01/}"
        for element in ElementTree.fromstring(self.body()).iter(f"{space}Key"):
            self.objects.pop(element.text or "", None)
        self.answer(200, b"<DeleteResult></DeleteResult>")

    def do_DELETE(self) -> None:
        key, _ = self.asked()
        self.objects.pop(key, None)
        self.answer(204)


class CloudObjects(MutableMapping[str, bytes]):
    """The contents of what a Cloud holds."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def __getitem__(self, key: str) -> bytes:
        return self._cloud.live[key].content

    def __setitem__(self, key: str, content: bytes) -> None:
        self._cloud.put(key, content)

    def __delitem__(self, key: str) -> None:
        del self._cloud.live[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._cloud.live))

    def __len__(self) -> int:
        return len(self._cloud.live)


class CloudBucket:
    """As Bucket."""

    def __init__(self) -> None:
        self._cloud = Cloud()
        self.objects = CloudObjects(self._cloud)

    def close(self) -> None:
        self._cloud.stop()

    def mount(self, name: str, **more: Any) -> dict[str, Any]:
        return cloud_mount(self._cloud, name, **more)

    put = Bucket.put


@pytest.fixture(params=[Bucket, CloudBucket])
def bucket(request: pytest.FixtureRequest, storage: Any) -> Iterator[Bucket | CloudBucket]:
    """A bucket that takes any key, mounted as `odd`."""
    made = request.param()
    storage.add_mount(made.mount("odd"))
    yield made
    made.close()
