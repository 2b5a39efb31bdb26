"""Cloud: as much of Google Cloud Storage as the engine asks for, in memory on loopback, stricter than other imitations,
and the ways in which it can be wrong; also the services that hand out tokens, and the metadata server.

A token is looked at where `tokens` says which are good. What a test wants to go wrong is an attribute, or an answer()
of its own.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote

import google_crc32c
import pytest

from bucket import Bucket, Request

UNIT = 256 * 1024


def crc32c(content: bytes) -> str:
    return base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()


class Object:
    def __init__(self, name: str, content: bytes, generation: int, fields: dict[str, Any]) -> None:
        self.name, self.content, self.generation = name, content, generation
        self.metageneration, self.deleted = 1, ""
        self.created = time.time() if generation > 1000 else 1_700_000_000 + generation
        self.fields = fields
        self.crc32c = crc32c(content)
        self.md5 = base64.b64encode(hashlib.md5(content).digest()).decode()

    @staticmethod
    def time_text(seconds: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".000Z"

    def resource(self) -> dict[str, Any]:
        told = {"name": self.name, "bucket": "bucket", "size": str(len(self.content)), "md5Hash": self.md5}
        told |= {"crc32c": self.crc32c, "generation": str(self.generation), "metageneration": str(self.metageneration)}
        told |= dict.fromkeys(("timeCreated", "updated"), self.time_text(self.created))
        told |= {"timeDeleted": self.deleted} if self.deleted else {}
        return {"contentType": "application/octet-stream", "storageClass": "STANDARD"} | told | self.fields


class Cloud(Bucket):
    def __init__(self) -> None:
        self.live: dict[str, Object] = {}
        self.archive: list[Object] = []
        self.sessions: dict[str, dict[str, Any]] = {}
        self.tokens: set[str] | None = None
        self.keeps_versions = False
        self.damages_downloads = self.damages_uploads = self.decompresses = False
        self.steps_of_copy = 1
        self.folders: set[str] | None = None  # their names, where the namespace is hierarchical
        self.copies_nothing = False  # in any step but the last
        self.page_size = 1000
        self.cut_body_after: int | None = None  # bytes of the next body of an upload that arrive
        self.stores_at_most: int | None = None  # bytes of each request of an upload
        self.account = "robot@test.iam.gserviceaccount.com"
        self.signed: list[str] = []
        self.grants: list[dict[str, str]] = []  # what was asked of those who hand out tokens
        self.signer: Any = None  # signs what signBlob is asked for
        self._generation = 0
        super().__init__()

    # What a test asks

    def put(self, name: str, content: bytes, **fields: Any) -> Object:
        self._generation += 1
        old = self.live.pop(name, None)
        made = Object(name, content, self._generation, fields)
        if old and self.keeps_versions:
            old.deleted = old.time_text(made.created)
            self.archive.append(old)
        self.live[name] = made
        if self.folders is not None:
            self.folders.update(name[: at + 1] for at, letter in enumerate(name) if letter == "/")
        return made

    def targets(self, method: str) -> list[str]:
        return [request.key for request in self.requests if request.method == method]

    # HTTP

    @classmethod
    def json(cls, value: Any, status: int = 200, *lines: str) -> bytes:
        return cls.http(status, json.dumps(value).encode(), "Content-Type: application/json", *lines)

    @classmethod
    def wrong(cls, status: int, reason: str, message: str = "so it is", *lines: str) -> bytes:
        error = {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}
        return cls.json({"error": error}, status, *lines)

    def one(self, connection: socket.socket) -> None:
        for request in self.incoming(connection):
            self.requests.append(request)
            answer = self.answer(request, connection)
            if answer is None:
                return
            connection.sendall(answer)

    def incoming(self, connection: socket.socket) -> Iterator[Request]:
        """As Bucket's; but the body of an upload may break off, and what has come of it is stored."""
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(1 << 16)
                if not more:
                    return
                data += more
            head, data = data.split(b"\r\n\r\n", 1)
            lines = head.decode().split("\r\n")
            method, target, _ = lines[0].split(" ")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
            size = int(headers.get("content-length", 0))
            cut = self.cut_body_after if method == "PUT" and size else None
            while len(data) < size and (cut is None or len(data) < cut):
                more = connection.recv(1 << 20)
                if not more:
                    return
                data += more
            request = Request(method, target, headers, data[:size])
            if cut is not None:
                self.cut_body_after = None
                self.requests.append(request)
                request.body = data[:cut]
                with self._changed:
                    self.chunk(self.sessions[request.query["upload_id"]], request)
                return
            data = data[size:]
            yield request

    # The services

    def usual(self, request: Request) -> bytes:
        with self._changed:
            try:
                return self.service(request)
            finally:
                self._changed.notify_all()

    def service(self, request: Request) -> bytes:
        path = request.key.removeprefix("download/")
        if path.startswith("computeMetadata/"):
            return self.metadata_server(request)
        if path in ("token", "sts"):
            return self.hand_out(request)
        if path.endswith((":generateAccessToken", ":signBlob")):
            return self.iam(request)
        if self.tokens is not None and request.headers.get("authorization", "")[7:] not in self.tokens:
            return self.wrong(401, "authError", "Invalid Credentials")
        if path == "batch/storage/v1":
            return self.batch(request)
        if path.startswith("upload/storage/v1/b/bucket/o"):
            return self.upload(request)
        copy = re.fullmatch(r"storage/v1/b/bucket/o/(.+)/rewriteTo/b/bucket/o/(.+)", path, re.DOTALL)
        if copy:
            return self.rewrite(request, copy[1], copy[2])
        if path == "storage/v1/b/bucket/o":
            return self.list(request)
        if self.folders is not None and path.startswith(("storage/v1/b/bucket/folders", "storage/v1/b/bucket/storage")):
            return self.folder_call(request, path.removeprefix("storage/v1/b/bucket/"))
        if not path.startswith("storage/v1/b/bucket/o/"):
            return self.wrong(404, "notFound", "The specified bucket does not exist.")
        return self.object_call_of(request, path.removeprefix("storage/v1/b/bucket/o/"))

    # Folders of a hierarchical namespace

    def folder_call(self, request: Request, call: str) -> bytes:
        assert self.folders is not None
        if call == "storageLayout":
            return self.json({"bucket": "bucket", "hierarchicalNamespace": {"enabled": True}})
        name = json.loads(request.body)["name"] if request.method == "POST" else call.removeprefix("folders/")
        assert name.endswith("/")
        parent = "/".join(name.split("/")[:-2])
        if request.method == "POST":
            if name in self.folders:
                return self.wrong(409, "conflict", "The folder you tried to create already exists.")
            if parent and f"{parent}/" not in self.folders:
                return self.wrong(404, "notFound", "The parent folder does not exist.")
            self.folders.add(name)
        elif name not in self.folders:
            return self.wrong(404, "notFound", "The folder does not exist.")
        if request.method == "DELETE":
            if any(one != name and one.startswith(name) for one in [*self.live, *self.folders]):
                return self.wrong(409, "conflict", "The folder you tried to delete is not empty.")
            self.folders.remove(name)
            return self.http(204)
        return self.json({"kind": "storage#folder", "name": name, "bucket": "bucket", "metageneration": "1"})

    # Objects

    def condition_fails(self, request: Request, name: str) -> bool:
        wanted = request.query.get("ifGenerationMatch")
        now = self.live[name].generation if name in self.live else 0
        return wanted is not None and int(wanted) != now

    def find(self, request: Request, name: str) -> Object | None:
        wanted = request.query.get("generation")
        for one in [*([self.live[name]] if name in self.live else []), *self.archive]:
            if one.name == name and (one.deleted == "" if wanted is None else str(one.generation) == wanted):
                return one
        return None

    def object_call_of(self, request: Request, name: str) -> bytes:
        found = self.find(request, name)
        if found is None:
            return self.wrong(404, "notFound", f"No such object: bucket/{name}")
        if self.condition_fails(request, name):
            return self.wrong(412, "conditionNotMet")
        if request.method == "DELETE":
            self.remove(found, "generation" in request.query)
            return self.http(204)
        if request.method == "PATCH":
            if int(request.query.get("ifMetagenerationMatch", found.metageneration)) != found.metageneration:
                return self.wrong(412, "conditionNotMet")
            metadata = found.fields.setdefault("metadata", {})
            for key, value in json.loads(request.body)["metadata"].items():
                metadata.pop(key, None)
                metadata.update({} if value is None else {key: value})
            found.metageneration += 1
            return self.json(found.resource())
        return self.download(request, found) if request.query.get("alt") == "media" else self.json(found.resource())

    def remove(self, found: Object, for_good: bool) -> None:
        if for_good and found.deleted:
            self.archive.remove(found)
            return
        self.live.pop(found.name)
        if self.keeps_versions and not for_good:
            found.deleted = found.time_text(time.time())
            self.archive.append(found)

    def download(self, request: Request, found: Object) -> bytes:
        content, encoding = found.content, found.fields.get("contentEncoding", "")
        lines = [f"x-goog-generation: {found.generation}", f"x-goog-hash: crc32c={found.crc32c}"]
        lines += [f"x-goog-hash: md5={found.md5}", f"x-goog-stored-content-encoding: {encoding or 'identity'}"]
        lines += [f"Content-Type: {found.resource()['contentType']}"]
        unpacks = encoding == "gzip" and ("gzip" not in request.headers.get("accept-encoding", "") or self.decompresses)
        if unpacks:  # whatever range is asked for
            return self.http(200, gzip.decompress(content), *lines)
        lines += [f"Content-Encoding: {encoding}"] if encoding else []
        sent = bytes([content[0] ^ 1]) + content[1:] if self.damages_downloads and content else content
        if "range" not in request.headers:
            return self.http(200, sent, *lines)
        begin, end = request.headers["range"].removeprefix("bytes=").split("-")
        first, last = int(begin), min(int(end or len(content)), len(content) - 1)
        if first >= len(content):
            return self.wrong(416, "requestedRangeNotSatisfiable")
        return self.http(206, sent[first : last + 1], *lines, f"Content-Range: bytes {first}-{last}/{len(content)}")

    def list(self, request: Request) -> bytes:
        prefix, delimiter = request.query.get("prefix", ""), request.query.get("delimiter")
        if not request.query.get("versions") and not request.query.get("softDeleted"):
            shown = list(self.live.values())
        else:
            shown = [*self.archive, *self.live.values()]
        names: dict[Any, Any] = {}
        for one in sorted(shown, key=lambda one: (one.name, one.generation)):
            if one.name.startswith(prefix):
                rest = one.name[len(prefix) :]
                inner = delimiter and delimiter in rest
                folder = prefix + rest.split("/")[0] + "/"
                names[folder if inner else (one.name, one.generation)] = folder if inner else one.resource()
        if self.folders is not None and delimiter and request.query.get("includeFoldersAsPrefixes"):
            for folder in self.folders:
                if folder != prefix and folder.startswith(prefix) and "/" not in folder[len(prefix) : -1]:
                    names[folder] = folder
        whole = [found for _, found in sorted(names.items(), key=str)]
        begin = int(request.query.get("pageToken", 0))
        end = begin + min(int(request.query["maxResults"]), self.page_size)
        page = {"items": [one for one in whole[begin:end] if isinstance(one, dict)]}
        page["prefixes"] = [one for one in whole[begin:end] if isinstance(one, str)]
        return self.json(page | ({"nextPageToken": str(end)} if end < len(whole) else {}))

    def rewrite(self, request: Request, source: str, target: str) -> bytes:
        found = self.live.get(source)
        if found is None or request.query.get("sourceGeneration") not in (None, str(found.generation)):
            return self.wrong(404, "notFound", "No such object")
        if self.condition_fails(request, target):
            return self.wrong(412, "conditionNotMet")
        step = int(request.query.get("rewriteToken", "step-0").removeprefix("step-")) + 1
        if step < self.steps_of_copy:
            copied = 0 if self.copies_nothing else step * len(found.content) // self.steps_of_copy
            told = {"done": False, "rewriteToken": f"step-{step}", "totalBytesRewritten": str(copied)}
            return self.json(told)
        fields = found.fields | json.loads(request.body or b"{}")
        return self.json({"done": True, "resource": self.put(target, found.content, **fields).resource()})

    def batch(self, request: Request) -> bytes:
        boundary = request.headers["content-type"].split("boundary=")[1]
        answer = b""
        for part in request.body.split(f"--{boundary}".encode())[1:-1]:
            number = re.search(rb"Content-ID: <(\d+)>", part)
            call = re.search(rb"(DELETE) (\S+) HTTP/1.1", part)
            assert number
            assert call
            inner = Request("DELETE", call[2].decode(), request.headers, b"")
            result = self.object_call_of(inner, inner.key.removeprefix("storage/v1/b/bucket/o/"))
            answer += b"--answers\r\nContent-Type: application/http\r\nContent-ID: <response-%s>\r\n\r\n" % number[1]
            answer += result + b"\r\n"
        return self.http(200, answer + b"--answers--\r\n", "Content-Type: multipart/mixed; boundary=answers")

    # Uploads

    def upload(self, request: Request) -> bytes:
        if "upload_id" in request.query:
            session = self.sessions.get(request.query["upload_id"])
            if session is None:
                return self.wrong(404, "notFound", "No such session")
            if request.method == "DELETE":
                self.sessions.pop(request.query["upload_id"])
                return self.http(499)
            return self.chunk(session, request)
        if request.query["uploadType"] == "resumable":
            fields = json.loads(request.body)
            self._made += 1
            identity = f"session-{self._made}"
            self.sessions[identity] = {"fields": fields, "content": b"", "query": request.query, "done": None}
            place = f"http://elsewhere.example/upload/storage/v1/b/bucket/o?uploadType=resumable&upload_id={identity}"
            return self.http(200, b"", f"Location: {place}")
        boundary = request.headers["content-type"].split("boundary=")[1].strip('"').encode()
        _, first, second, _ = request.body.split(b"--" + boundary)
        fields = json.loads(first.split(b"\r\n\r\n", 1)[1])
        return self.store(request, fields, second.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n"))

    def store(self, request: Request, fields: dict[str, Any], content: bytes) -> bytes:
        name = fields.pop("name", None) or request.query["name"]
        if self.condition_fails(request, name):
            return self.wrong(412, "conditionNotMet")
        if fields.pop("crc32c", None) not in (None, crc32c(content)):
            return self.wrong(400, "invalid", "Provided CRC32C does not match")
        if self.damages_uploads:
            content = bytes([content[0] ^ 1]) + content[1:]
        return self.json(self.put(name, content, **fields).resource())

    def chunk(self, session: dict[str, Any], request: Request) -> bytes:
        place = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", request.headers["content-range"])
        assert place, request.headers["content-range"]
        if session["done"] is None and place[1] is not None:
            has, first = len(session["content"]), int(place[1])
            assert first == has, f"{first} is not where the upload stands: {has}"
            assert place[3] != "*" or (int(place[2]) + 1 - first) % UNIT == 0, "no whole units"
            limit = len(request.body) if self.stores_at_most is None else self.stores_at_most
            taken = request.body[:limit]
            whole = len(taken) == int(place[2]) + 1 - first
            session["content"] += taken if whole and place[3] != "*" else taken[: len(taken) // UNIT * UNIT]
        has = len(session["content"])
        if session["done"] is None and place[3] == str(has):
            given = request.headers.get("x-goog-hash", "")
            assert given in ("", "crc32c=" + crc32c(session["content"]))
            conditions = "&".join(f"{name}={value}" for name, value in session["query"].items() if "if" in name)
            once = Request("POST", f"/?{conditions}", {}, b"")
            session["done"] = self.store(once, dict(session["fields"]), session["content"])
        if session["done"] is not None:
            return session["done"]
        return self.http(308, b"", *([f"Range: bytes=0-{has - 1}"] if has else []))

    # Tokens

    def hand_out(self, request: Request) -> bytes:
        asked = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.grants.append(asked)
        if asked.get("refresh_token") == "revoked":
            return self.json({"error": "invalid_grant", "error_description": "Token has been revoked."}, 400)
        return self.json({"access_token": self.new_token(), "expires_in": 3599, "token_type": "Bearer"})

    def new_token(self) -> str:
        self._made += 1
        token = f"token-{self._made}"
        self.tokens = (self.tokens or set()) | {token}
        return token

    def metadata_server(self, request: Request) -> bytes:
        if request.headers.get("metadata-flavor") != "Google":
            return self.http(403)
        if request.key.endswith("/token"):
            return self.hand_out(request)
        told = self.account if request.key.endswith("/email") else ""
        return self.http(200, told.encode(), "Metadata-Flavor: Google")

    def iam(self, request: Request) -> bytes:
        if request.headers.get("authorization", "")[7:] not in (self.tokens or set()):
            error = {"code": 403, "status": "PERMISSION_DENIED", "message": "Permission denied"}
            return self.json({"error": error}, 403)
        asked = json.loads(request.body)
        if request.key.endswith(":signBlob"):
            text = base64.b64decode(asked["payload"])
            self.signed.append(text.decode())
            return self.json({"keyId": "1", "signedBlob": base64.b64encode(self.signer(text)).decode()})
        self.grants.append(asked | {"url": unquote(request.key)})
        return self.json({"accessToken": self.new_token(), "expireTime": "2099-01-01T00:00:00Z"})


def cloud_mount(cloud: Cloud, name: str = "g", **more: Any) -> dict[str, Any]:
    return {"name": name, "protocol": "gcs", "bucket": "bucket", "endpoint_url": cloud.url, "token": "anon"} | more


@pytest.fixture
def cloud(storage: Any) -> Iterator[Cloud]:
    """A Cloud with a mount `g` on it."""
    server = Cloud()
    storage.add_mount(cloud_mount(server))
    yield server
    server.stop()
