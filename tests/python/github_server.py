"""GithubServer: what GitHub's REST documentation says of repositories, over real ones made by git, on loopback.

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
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
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
        self.before_commit: Callable[[str], None] = lambda name: None
        self._lock = threading.Lock()
        self._blobs: dict[Path, subprocess.Popen[bytes]] = {}
        self._server = Listener(("127.0.0.1", port), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/v3"

    def start(self) -> GithubServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def serve(self) -> None:
        self._server.serve_forever()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for git in self._blobs.values():
            git.communicate()

    def statuses(self, part: str = "") -> list[int]:
        return [status for target, _, status in self.asked if part in target]

    # --- requests ---

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

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
        if parts[4:5] != ["git"]:
            self.before_commit(name)
        if name not in self.repositories or (name in self.private and who is None):
            raise RefusedError(404, "Not Found")
        repository = self.repositories[name]
        what = [unquote(part) for part in parts[4:]]
        raw = "raw" in headers.get("accept", "")
        with self._lock:
            body = self.resource(repository, name, what, query, raw)
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

    def resource(self, repository: Path, name: str, what: list[str], query: dict[str, str], raw: bool) -> bytes:
        if not what:
            return json.dumps({"full_name": name, "default_branch": "main", "private": name in self.private}).encode()
        if what[0] == "commits":
            if not run_git(repository, "rev-list", "-n1", "--all"):
                raise RefusedError(409, "Git Repository is empty.")
            return self.commits(repository, "/".join(what[1:]), query)
        if what[:2] == ["git", "commits"]:
            found = self.log(repository, self.resolved(repository, what[2], 404), [], 1, 0)[0]
            return json.dumps({"sha": found["sha"], **found["commit"]}).encode()
        if what[:2] == ["git", "trees"]:
            return self.tree(repository, what[2], "recursive" in query)
        if what[0] == "contents":  # what other clients ask for
            return self.content(repository, query.get("ref", "HEAD"), "/".join(what[1:]))
        if what[:2] == ["git", "blobs"]:
            content = self.blob(repository, what[2])
            if raw:
                return content
            encoded = base64.b64encode(content).decode()
            return json.dumps({"sha": what[2], "size": len(content), "encoding": "base64", "content": encoded}).encode()
        raise RefusedError(404, "Not Found")

    def blob(self, repository: Path, name: str) -> bytes:
        """By one git for all blobs of the repository, since tests ask for hundreds at once."""
        git = self._blobs.get(repository)
        if git is None:
            words = ["git", "-C", str(repository), "cat-file", "--batch"]
            git = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self._blobs[repository] = git
        assert git.stdin is not None
        assert git.stdout is not None
        git.stdin.write(name.encode() + b"\n")
        git.stdin.flush()
        facts = git.stdout.readline().split()
        if facts[1:2] == [b"missing"]:
            raise RefusedError(404, "Not Found")
        content = git.stdout.read(int(facts[2]) + 1)[:-1]
        if facts[1] != b"blob":
            raise RefusedError(404, "Not Found")
        return content

    def content(self, repository: Path, ref: str, path: str) -> bytes:
        try:
            name = run_git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}:{path}")
            content = run_git(repository, "cat-file", "blob", name.decode().strip())
        except subprocess.CalledProcessError:
            raise RefusedError(404, "Not Found") from None
        encoded = base64.b64encode(content).decode()
        item = {"type": "file", "path": path, "sha": name.decode().strip(), "size": len(content)}
        return json.dumps({**item, "encoding": "base64", "content": encoded}).encode()

    def commits(self, repository: Path, ref: str, query: dict[str, str]) -> bytes:
        count, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        if ref:
            found = self.log(repository, self.resolved(repository, ref, 422), [], 1, 0)[0]
            return json.dumps({**found, "files": [{"filename": "x", "patch": "@@ -1 +1 @@"}][:count]}).encode()
        start = self.resolved(repository, query.get("sha", "HEAD"), 404)
        paths = ["--", query["path"]] if "path" in query else []
        return json.dumps(self.log(repository, start, paths, count, (page - 1) * count)).encode()

    def resolved(self, repository: Path, ref: str, status: int) -> str:
        try:
            words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
            return run_git(repository, *words).decode().strip()
        except subprocess.CalledProcessError:
            raise RefusedError(status, f"No commit found for SHA: {ref}" if status == 422 else "Not Found") from None

    def log(self, repository: Path, start: str, paths: list[str], count: int, skip: int) -> list[dict[str, Any]]:
        words = ("--literal-pathspecs", "log", "--format=%H %T %ct %at", f"-n{count}", f"--skip={skip}", start, *paths)
        found = []
        for line in run_git(repository, *words).decode().splitlines():
            commit, tree, committed, authored = line.split()
            dates = {
                who: {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(at))), "name": "N", "email": "n@x"}
                for who, at in {"committer": committed, "author": authored}.items()
            }
            found.append({"sha": commit, "commit": {"message": "m", "tree": {"sha": tree}, **dates}})
        return found

    def tree(self, repository: Path, name: str, recursive: bool) -> bytes:
        try:
            words = ("ls-tree", "-z", "-l", "-t", *(["-r"] if recursive else []), name)
            listed = run_git(repository, *words).decode().split("\0")[:-1] if name != EMPTY_TREE else []
        except subprocess.CalledProcessError:
            raise RefusedError(404, "Not Found") from None
        items = []
        for line in listed[: self.most_entries]:
            facts, _, path = line.partition("\t")
            mode, kind, sha, size = facts.split()
            item: dict[str, Any] = {"path": path, "mode": mode, "type": kind, "sha": sha, "url": "https://x"}
            if kind == "blob":
                item["size"] = int(size)
            items.append(item)
        truncated = len(listed) > self.most_entries
        return json.dumps({"sha": name, "url": "https://x", "tree": items, "truncated": truncated}).encode()


def publish(port: int, folder: Path, state: Path) -> None:
    server = GithubServer(port)
    server.limit = 10**9
    lock = threading.Lock()
    seen: dict[str, list[tuple[str, int, int, int]]] = {}

    def state_of(work: Path) -> list[tuple[str, int, int, int]]:
        found = []
        for above, _, names in os.walk(work):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    facts = os.lstat(f"{above}/{name}")
                    found.append((f"{above}/{name}", facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns))
        return sorted(found)

    def commit(name: str) -> None:
        work, repository = folder / name.removeprefix("test/"), state / name.removeprefix("test/")
        with lock:
            if not work.is_dir():
                server.repositories.pop(name, None)
                seen.pop(name, None)
                return
            if name not in server.repositories:
                subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(repository)], check=True)
                run_git(repository, "config", "core.compression", "0")
                first = run_git(repository, "commit-tree", EMPTY_TREE, "-m", "m").decode().strip()
                run_git(repository, "update-ref", "refs/heads/main", first)
                server.repositories[name] = repository
            now = state_of(work)
            if seen.get(name) == now:
                return
            where = {"GIT_DIR": str(repository), "GIT_WORK_TREE": str(work)}
            run_git(work, "add", "-A", "-f", ".", **where)
            changed = run_git(repository, "write-tree").decode().strip()
            if changed != run_git(repository, "rev-parse", "main^{tree}").decode().strip():
                parent = run_git(repository, "rev-parse", "main").decode().strip()
                made = run_git(repository, "commit-tree", changed, "-p", parent, "-m", "m").decode().strip()
                run_git(repository, "update-ref", "refs/heads/main", made)
            seen[name] = now

    server.before_commit = commit
    server.serve()


if __name__ == "__main__":
    publish(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
