"""Cloud: a WebDAV server on loopback of the kind of Nextcloud and ownCloud, with files in memory, and Digest logins.

It speaks of what their public documentation says: OC-Checksum, X-OC-MTime, uploads in chunks, and no locks.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, urlsplit

FILES, UPLOADS = "/remote.php/dav/files/ada", "/remote.php/dav/uploads/ada"


class Cloud:
    """`tree` has the content of each path, None for a folder; `refuse(handler)` may answer first, and says if it did.

    `digest`: the algorithm of the challenges, None for Basic; a nonce serves `nonce_uses` requests. The user is ada,
    the password lovelace.
    """

    def __init__(self, digest: str | None = None, nonce_uses: int = 1000) -> None:
        self.tree: dict[str, bytes | None] = {FILES: None, UPLOADS: None}
        self.times: dict[str, float] = {}
        self.sums: dict[str, str] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.lock = threading.Lock()
        self.digest, self.nonce_uses = digest, nonce_uses
        self.nonces: dict[str, int] = {}
        self.most = 1 << 40  # bytes of one PUT
        self.refuse: Any = lambda _: False
        cloud = self

        class Handler(Asked):
            pass

        Handler.cloud = cloud
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(60)

    def below(self, path: str) -> list[str]:
        return sorted(known for known in self.tree if known.startswith(path + "/"))

    def store(self, path: str, content: bytes | None, when: str | None = None, sums: str | None = None) -> None:
        self.tree[path] = content
        self.times[path] = float(when) if when else time.time()
        self.sums[path] = sums or ""

    def remove(self, path: str) -> None:
        for known in [path, *self.below(path)]:
            del self.tree[known]

    # --- Digest, as RFC 7616 says it ---

    def hashed(self, text: str) -> str:
        name = (self.digest or "").removesuffix("-sess")
        return hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[name], text.encode()).hexdigest()

    def challenge(self, stale: bool) -> str:
        nonce = hashlib.sha256(str(len(self.nonces)).encode()).hexdigest()
        self.nonces[nonce] = 0
        old = ", stale=true" if stale else ""
        known = f'realm="a \\"cloud\\"", qop="auth,auth-int", algorithm={self.digest}, opaque="o"'
        return f'Digest {known}, nonce="{nonce}"{old}'

    def admits(self, request: Asked) -> bool:
        """Whether the request is ada's; answers it if not."""
        shown = request.headers.get("Authorization", "")
        if self.digest is None:
            if shown == "Basic YWRhOmxvdmVsYWNl":
                return True
            request.answer(401, WWW_Authenticate='Negotiate, Basic realm="cloud", charset="UTF-8"')
            return False
        fields = {m[1]: m[2] or m[3] for m in re.finditer(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^ ,]+))', shown)}
        nonce = fields.get("nonce", "")
        if nonce not in self.nonces:
            request.answer(401, WWW_Authenticate=self.challenge(stale=False))
            return False
        secret = self.hashed('ada:a "cloud":lovelace')
        if self.digest.endswith("-sess"):
            secret = self.hashed(f"{secret}:{nonce}:{fields['cnonce']}")
        asked = self.hashed(f"{request.command}:{request.path}")
        proof = self.hashed(f"{secret}:{nonce}:{fields['nc']}:{fields['cnonce']}:{fields['qop']}:{asked}")
        if proof != fields["response"] or fields["uri"] != request.path or fields["opaque"] != "o":
            request.answer(401, WWW_Authenticate=self.challenge(stale=False))
            return False
        self.nonces[nonce] += 1
        if self.nonces[nonce] > self.nonce_uses or int(fields["nc"], 16) < self.nonces[nonce]:
            request.answer(401, WWW_Authenticate=self.challenge(stale=True))
            return False
        return True


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body is a second write
    cloud: Cloud

    def handle_any(self) -> None:
        cloud = self.cloud
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with cloud.lock:
            cloud.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            if cloud.refuse(self) or not cloud.admits(self):
                return
            self.place = unquote(self.path).rstrip("/")
            getattr(self, f"on_{self.command.lower()}")()

    do_GET = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = handle_any  # noqa: N815
    do_PROPFIND = do_MKCOL = do_COPY = do_MOVE = do_LOCK = handle_any  # noqa: N815

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        pass

    def etag(self, path: str) -> str:
        return f'"{hashlib.md5(f"{path} {self.cloud.times.get(path)}".encode()).hexdigest()}"'

    def on_options(self) -> None:
        self.answer(200, DAV="1, 3, extended-mkcol, nextcloud-checksum-update")

    def on_propfind(self) -> None:
        cloud = self.cloud
        if self.place not in cloud.tree:
            return self.answer(
                404, b"<d:error xmlns:d='DAV:' xmlns:s='s'><s:message>File not found</s:message></d:error>"
            )
        found = [self.place]
        if self.headers["Depth"] == "1":
            found += [path for path in cloud.below(self.place) if "/" not in path[len(self.place) + 1 :]]
        return self.answer(
            207, f'<d:multistatus xmlns:d="DAV:">{"".join(map(self.described, found))}</d:multistatus>'.encode()
        )

    def described(self, path: str) -> str:
        content = self.cloud.tree[path]
        when = formatdate(self.cloud.times.get(path, 0), usegmt=True)
        kind, missing = "<d:resourcetype/>", "<d:lockdiscovery/>"
        if content is None:
            kind, missing = (
                "<d:resourcetype><d:collection/></d:resourcetype>",
                "<d:getcontentlength/><d:lockdiscovery/>",
            )
        else:
            kind += f"<d:getcontentlength>{len(content)}</d:getcontentlength>"
            sums = self.cloud.sums.get(path, "")
            kind += f"<o:checksums xmlns:o='http://owncloud.org/ns'><o:checksum>{sums}</o:checksum></o:checksums>"
        return (
            f"<d:response><d:href>{quote(path)}{'/' if content is None else ''}</d:href>"
            f"<d:propstat><d:prop>{kind}<d:getlastmodified>{when}</d:getlastmodified>"
            f"<d:getetag>{self.etag(path).replace(chr(34), '&quot;')}</d:getetag></d:prop>"
            "<d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
            f"<d:propstat><d:prop>{missing}</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>"
            "</d:response>"
        )

    def on_get(self) -> None:
        content = self.cloud.tree.get(self.place)
        if content is None:
            return self.answer(501 if self.place in self.cloud.tree else 404)
        headers = {"ETag": self.etag(self.place), "OC_Checksum": self.cloud.sums.get(self.place, "")}
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            begin, end = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1) + 1
            if begin >= len(content):
                return self.answer(416)
            return self.answer(
                206, content[begin:end], Content_Range=f"bytes {begin}-{end - 1}/{len(content)}", **headers
            )
        return self.answer(200, content, **headers)

    on_head = on_get

    def parent_is_there(self, path: str) -> bool:
        return self.cloud.tree.get(path.rpartition("/")[0], b"") is None

    def on_put(self) -> None:
        cloud, path = self.cloud, self.place
        there = path in cloud.tree
        if len(self.body) > cloud.most:
            return self.answer(413)
        if not self.parent_is_there(path):
            return self.answer(409)
        if there and cloud.tree[path] is None:
            return self.answer(405)
        if (there and self.headers.get("If-None-Match") == "*") or self.headers.get(
            "If-Match", self.etag(path)
        ) != self.etag(path):
            return self.answer(412)
        sums = self.headers.get("OC-Checksum")
        if sums and sums != f"SHA1:{hashlib.sha1(self.body).hexdigest()}":
            return self.answer(400)
        cloud.store(path, self.body, self.headers.get("X-OC-MTime"), sums)
        return self.answer(204 if there else 201, ETag=self.etag(path), X_OC_MTime="accepted")

    def on_mkcol(self) -> None:
        if self.place in self.cloud.tree or not self.parent_is_there(self.place):
            return self.answer(405 if self.place in self.cloud.tree else 409)
        self.cloud.store(self.place, None)
        return self.answer(201)

    def on_delete(self) -> None:
        if self.place not in self.cloud.tree:
            return self.answer(404)
        self.cloud.remove(self.place)
        return self.answer(204)

    def on_move(self) -> None:
        cloud = self.cloud
        target = unquote(urlsplit(self.headers["Destination"]).path).rstrip("/")
        if target in cloud.tree and self.headers.get("Overwrite") == "F":
            return self.answer(412)
        if not self.parent_is_there(target):
            return self.answer(409)
        there = target in cloud.tree
        if self.place.endswith("/.file"):  # the chunks of an upload
            folder = self.place.removesuffix("/.file")
            content = b"".join(cloud.tree[path] or b"" for path in cloud.below(folder))
            if self.headers["OC-Total-Length"] != str(len(content)):
                return self.answer(400)
            cloud.remove(folder)
            cloud.store(target, content, self.headers.get("X-OC-MTime"))
            return self.answer(204 if there else 201, ETag=self.etag(target))
        if self.place not in cloud.tree:
            return self.answer(404)
        if there:
            cloud.remove(target)
        for path in [self.place, *cloud.below(self.place)]:
            moved = target + path[len(self.place) :]
            cloud.store(moved, cloud.tree[path], str(cloud.times[path]), cloud.sums.get(path))
        if self.command == "MOVE":
            cloud.remove(self.place)
        return self.answer(204 if there else 201)

    on_copy = on_move
