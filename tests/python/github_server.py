"""GithubServer: what GitHub's REST documentation says of repositories, over real ones, on loopback.

Answers are those of https://docs.github.com/en/rest (2022-11-28): commits, trees, blobs, ETags with 304s that are not
counted, primary and secondary rate limits, private repositories, truncated trees. Tests choose the limits, and what
goes wrong.

As a program it publishes folders as they are at each request: `github_server.py PORT FOLDER STATE`, with FOLDER/NAME as
the repository test/NAME, committed whenever its newest commit is asked for.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from pygit2 import Commit

from git_repository import GitRepository, PublishedFolder

Found = TypeVar("Found")

SETTINGS = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "C",
    "GIT_COMMITTER_EMAIL": "c@example.com",
}


def run_git(where: Path, *words: str, stdin: bytes | None = None, **environment: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(where), *words],
        input=stdin,
        env={**os.environ, **SETTINGS, **environment},
        check=True,
        capture_output=True,
    ).stdout


class RefusedError(Exception):
    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: Any) -> None:  # a client that leaves is none
        pass


class GithubServer:
    """`repositories`: by "org/repo", the folder of each, as git knows it.

    `asked` has what was asked: target, headers in lower case, and the status of the answer. `spoil` has one function
    for each of the next contents that is to go wrong: it gets the handler, the head's fields and the body, and answers
    in its way.
    """

    def __init__(self, port: int = 0) -> None:
        self.repositories: dict[str, Path] = {}
        self.private: set[str] = set()
        self.tokens: set[str] = set()
        self.most_entries = 100_000  # of a tree
        self.limit = 5000
        self.used = 0
        self.reset = int(time.time()) + 3600
        self.secondary: dict[str, str] | None = None  # fields of the refusals of all requests
        self.sends_ranges = True
        self.asked: list[tuple[str, dict[str, str], int]] = []
        self.spoil: list[Callable[[Any, dict[str, str], bytes], None]] = []
        self.before_commit: Callable[[str], None] = lambda name: None  # while no other request is answered
        self._lock = threading.Lock()
        self._opened: dict[Path, GitRepository] = {}
        self._server = Listener(("127.0.0.1", port), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/v3"

    def start(self) -> GithubServer:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def serve(self) -> None:
        self._server.serve_forever()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for repository in self._opened.values():
            repository.close()

    def statuses(self, part: str = "") -> list[int]:
        return [status for target, _, status in self.asked if part in target]

    # --- requests ---

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # a body is a second write, which would wait 40 ms

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    status, fields, body = hub.answer(self.path, headers)
                except RefusedError as refusal:
                    status, fields = refusal.status, {k.replace("_", "-"): v for k, v in refusal.headers.items()}
                    body = json.dumps(
                        {"message": refusal.message, "documentation_url": "https://docs.github.com"}
                    ).encode()
                hub.asked.append((self.path, headers, status))
                fields = {**fields, **hub.limits()}
                if status < 300 and "git/blobs" in self.path and hub.spoil:
                    hub.spoil.pop(0)(self, fields, body)
                    return
                self.reply(status, fields, body)

            def reply(self, status: int, fields: dict[str, str], body: bytes, length: int | None = None) -> None:
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                if status != 304:
                    with contextlib.suppress(OSError):  # who has seen enough may leave
                        self.wfile.write(body)

            def cut(self, fields: dict[str, str], body: bytes, length: int) -> None:
                """Announces `length` bytes, sends `body` and ends the connection."""
                self.reply(200, fields, body, length)
                self.close_connection = True

            def log_message(self, *arguments: Any) -> None:
                pass

        return Handler

    def limits(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Reset": str(self.reset),
            "X-GitHub-Request-Id": "0123:4567",
        }

    def answer(self, target: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if self.secondary is not None:
            raise RefusedError(403, "You have exceeded a secondary rate limit.", **self.secondary)
        if self.used >= self.limit:
            raise RefusedError(403, "API rate limit exceeded for user.")
        split = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        parts = split.path.removeprefix("/api/v3").split("/")
        if len(parts) < 4 or parts[1] != "repos":
            raise RefusedError(404, "Not Found")
        who = self.who(headers)
        name = f"{unquote(parts[2])}/{unquote(parts[3])}"
        what = [unquote(part) for part in parts[4:]]
        raw = "raw" in headers.get("accept", "")
        with self._lock:
            if what[:1] != ["git"]:
                self.before_commit(name)
            if name not in self.repositories or (name in self.private and who is None):
                raise RefusedError(404, "Not Found")
            body = self.resource(self.opened(self.repositories[name]), name, what, query, raw)
        etag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        fields = {"ETag": etag, "Date": formatdate(usegmt=True), "Content-Type": "application/json; charset=utf-8"}
        if headers.get("if-none-match") == etag:
            self.used += who is None  # what is said of 304s holds for those who sign in
            return 304, fields, b""
        self.used += 1
        if not raw:
            return 200, fields, body
        fields["Content-Type"] = "application/vnd.github.raw+json; charset=utf-8"
        wanted = headers.get("range")
        if not wanted or not self.sends_ranges:
            return 200, fields, body
        first, last = wanted.removeprefix("bytes=").split("-")
        begin, end = int(first), min(int(last or len(body)), len(body) - 1) + 1
        fields["Content-Range"] = f"bytes {begin}-{end - 1}/{len(body)}"
        return 206, fields, body[begin:end]

    def who(self, headers: dict[str, str]) -> str | None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if not scheme:
            return None
        token = base64.b64decode(given).decode().partition(":")[2] if scheme == "Basic" else given
        if token not in self.tokens:
            raise RefusedError(401, "Bad credentials")
        return token

    # --- what there is ---

    def opened(self, folder: Path) -> GitRepository:
        if folder not in self._opened:
            self._opened[folder] = GitRepository(folder)
        return self._opened[folder]

    def forget(self, name: str) -> None:
        """That there was such a repository."""
        opened = self._opened.pop(self.repositories.pop(name, Path()), None)
        if opened:
            opened.close()

    def resource(
        self, repository: GitRepository, name: str, what: list[str], query: dict[str, str], raw: bool
    ) -> bytes:
        if not what:
            return json.dumps({"full_name": name, "default_branch": "main", "private": name in self.private}).encode()
        if what[0] == "commits":
            if repository.is_empty():
                raise RefusedError(409, "Git Repository is empty.")
            return self.commits(repository, "/".join(what[1:]), query)
        if what[:2] == ["git", "commits"]:
            commit = known(repository.commit(what[2]))
            return json.dumps({"sha": str(commit.id), **facts_of(commit)}).encode()
        if what[:2] == ["git", "trees"]:
            return self.tree(repository, what[2], "recursive" in query)
        if what[0] == "contents":  # what other clients ask for
            path = "/".join(what[1:])
            sha, content = known(repository.blob_at(query.get("ref", "HEAD"), path))
            return in_base64(content, type="file", path=path, sha=sha)
        if what[:2] == ["git", "blobs"]:
            content = known(repository.blob(what[2]))
            return content if raw else in_base64(content, sha=what[2])
        raise RefusedError(404, "Not Found")

    def commits(self, repository: GitRepository, ref: str, query: dict[str, str]) -> bytes:
        count, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        if ref:
            commit = repository.commit(ref)
            if commit is None:
                raise RefusedError(422, f"No commit found for SHA: {ref}")
            files = [{"filename": "x", "patch": "@@ -1 +1 @@"}][:count]
            return json.dumps({"sha": str(commit.id), "commit": facts_of(commit), "files": files}).encode()
        start = known(repository.commit(query.get("sha", "HEAD")))
        found = islice(repository.history(start, query.get("path", "")), (page - 1) * count, page * count)
        return json.dumps([{"sha": str(commit.id), "commit": facts_of(commit)} for commit in found]).encode()

    def tree(self, repository: GitRepository, name: str, recursive: bool) -> bytes:
        listed = known(repository.tree(name, recursive))
        items = []
        for entry in listed[: self.most_entries]:
            item: dict[str, Any] = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
            item["url"] = "https://x"
            if entry.size is not None:
                item["size"] = entry.size
            items.append(item)
        truncated = len(listed) > self.most_entries
        return json.dumps({"sha": name, "url": "https://x", "tree": items, "truncated": truncated}).encode()


def known(found: Found | None) -> Found:
    if found is None:
        raise RefusedError(404, "Not Found")
    return found


def in_base64(content: bytes, **facts: str) -> bytes:
    encoded = base64.b64encode(content).decode()
    return json.dumps({**facts, "size": len(content), "encoding": "base64", "content": encoded}).encode()


def facts_of(commit: Commit) -> dict[str, Any]:
    dates = {
        who: {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)), "name": "N", "email": "n@x"}
        for who, at in {"committer": commit.commit_time, "author": commit.author.time}.items()
    }
    return {"message": "m", "tree": {"sha": str(commit.tree_id)}, **dates}


def publish(port: int, folder: Path, state: Path) -> None:
    server = GithubServer(port)
    server.limit = 10**9
    published: dict[str, PublishedFolder] = {}

    def commit(name: str) -> None:
        work, repository = folder / name.removeprefix("test/"), state / name.removeprefix("test/")
        if not work.is_dir():
            server.forget(name)
            published.pop(name, None)
            return
        if name not in published:
            published[name] = PublishedFolder(work, repository)
            server.repositories[name] = repository
        published[name].commit()

    server.before_commit = commit
    server.serve()


if __name__ == "__main__":
    publish(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
