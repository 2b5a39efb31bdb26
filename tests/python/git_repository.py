"""GitRepository: commits, trees, blobs and histories of one repository, read and written by libgit2 in this process.

GithubServer answers from it. Names are resolved as `git rev-parse` does, a history is what `git log -- PATH` lists. Not
for several threads at once.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pygit2
from pygit2.enums import FileMode, ObjectType

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


class Listed(NamedTuple):
    """What a tree has under a path, as `git ls-tree -l` tells it; `size` is that of a blob."""

    path: str
    mode: str
    kind: str
    sha: str
    size: int | None


class GitRepository:
    """Those that look something up give None where there is no such thing."""

    def __init__(self, folder: Path) -> None:
        self._git = pygit2.Repository(str(folder))
        self._sizes: dict[pygit2.Oid, int] = {}

    @staticmethod
    def made_in(folder: Path) -> GitRepository:
        """A new one without a working tree, whose branch main has one commit, of nothing."""
        git = pygit2.init_repository(str(folder), bare=True, initial_head="main")
        git.config["core.compression"] = 0
        made = GitRepository(folder)
        made.add_commit(pygit2.Index())
        return made

    def close(self) -> None:
        self._git.free()

    def is_empty(self) -> bool:
        return not self._git.listall_references()

    def commit(self, name: str) -> pygit2.Commit | None:
        """Of a branch, a tag, or a commit."""
        found = self._resolved(name)
        with contextlib.suppress(pygit2.GitError, ValueError):
            return found and found.peel(pygit2.Commit)
        return None

    def blob(self, name: str) -> bytes | None:
        found = self._resolved(name)
        return found.data if isinstance(found, pygit2.Blob) else None

    def blob_at(self, ref: str, path: str) -> tuple[str, bytes] | None:
        """The name and the content of a file."""
        found = self._resolved(f"{ref}:{path}")
        return (str(found.id), found.data) if isinstance(found, pygit2.Blob) else None

    def tree(self, name: str, recursive: bool) -> list[Listed] | None:
        if name == EMPTY_TREE:
            return []
        found = self._resolved(name)
        with contextlib.suppress(pygit2.GitError, ValueError):
            return found and list(self._listed(found.peel(pygit2.Tree), "", recursive))
        return None

    def history(self, start: pygit2.Commit, path: str = "") -> Iterator[pygit2.Commit]:
        """Newest first; of a path, the commits that changed it, by git's default simplification of histories."""
        order = itertools.count()
        waiting = [(-start.commit_time, next(order), start)]
        seen = {start.id}
        while waiting:
            commit = heapq.heappop(waiting)[2]
            parents = commit.parents
            now = self._state(commit, path)
            same = [parent for parent in parents if self._state(parent, path) == now] if path else []
            if not same and (parents or not path or now):
                yield commit
            for parent in same[:1] or parents:
                if parent.id not in seen:
                    seen.add(parent.id)
                    heapq.heappush(waiting, (-parent.commit_time, next(order), parent))

    def add_blob(self, content: bytes) -> pygit2.Oid:
        return self._git.create_blob(content)

    def add_commit(self, index: pygit2.Index) -> None:
        """To the branch main, unless its newest commit has just these files."""
        tree, parents = index.write_tree(self._git), []
        if not self._git.head_is_unborn:
            newest = self._git.head.peel(pygit2.Commit)
            if newest.tree_id == tree:
                return
            parents = [newest.id]
        author, committer = pygit2.Signature("A", "a@example.com"), pygit2.Signature("C", "c@example.com")
        self._git.create_commit("refs/heads/main", author, committer, "m", tree, parents)

    def _resolved(self, name: str) -> pygit2.Object | None:
        with contextlib.suppress(KeyError, ValueError, pygit2.GitError):
            return self._git.revparse_single(name)
        return None

    def _state(self, commit: pygit2.Commit, path: str) -> tuple[pygit2.Oid, int] | None:
        try:
            entry = commit.tree[path]
        except KeyError:
            return None
        return entry.id, entry.filemode

    def _listed(self, tree: pygit2.Tree, above: str, recursive: bool) -> Iterator[Listed]:
        for entry in tree:
            path, mode, sha = above + entry.name, f"{entry.filemode:06o}", str(entry.id)
            if entry.filemode == FileMode.COMMIT:
                yield Listed(path, mode, "commit", sha, None)
            elif entry.type == ObjectType.TREE:
                yield Listed(path, mode, "tree", sha, None)
                if recursive:
                    yield from self._listed(entry, f"{path}/", recursive)
            else:
                if entry.id not in self._sizes:
                    self._sizes[entry.id] = entry.size
                yield Listed(path, mode, "blob", sha, self._sizes[entry.id])


class PublishedFolder:
    """A folder of this machine, committed to the branch main of a repository that is made for it."""

    def __init__(self, folder: Path, repository: Path) -> None:
        shutil.rmtree(repository, ignore_errors=True)
        self._folder = folder
        self._repository = GitRepository.made_in(repository)
        self._index = pygit2.Index()
        self._seen: dict[str, tuple[int, ...]] = {}

    def commit(self) -> None:
        """As it is now, where that is not as it was. A file that vanishes meanwhile is not there."""
        there = dict(self._files())
        for path in self._seen.keys() - there.keys():
            self._forget(path)
        for path, facts in there.items():
            state = facts.st_ino, facts.st_mode, facts.st_mtime_ns, facts.st_ctime_ns
            if self._seen.get(path) == state:
                continue
            self._forget(path)
            with contextlib.suppress(FileNotFoundError):
                self._add(path, facts.st_mode)
                self._seen[path] = state
        self._repository.add_commit(self._index)

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        for above, folders, names in os.walk(self._folder):
            for name in [*names, *(name for name in folders if os.path.islink(f"{above}/{name}"))]:
                with contextlib.suppress(FileNotFoundError):
                    yield os.path.relpath(f"{above}/{name}", self._folder), os.lstat(f"{above}/{name}")

    def _add(self, path: str, mode: int) -> None:
        file = self._folder / path
        content = os.fsencode(os.readlink(file)) if stat.S_ISLNK(mode) else file.read_bytes()
        kind = FileMode.LINK if stat.S_ISLNK(mode) else FileMode.BLOB_EXECUTABLE if mode & 0o100 else FileMode.BLOB
        self._index.add(pygit2.IndexEntry(path, self._repository.add_blob(content), kind))

    def _forget(self, path: str) -> None:
        if self._seen.pop(path, None) is not None:
            self._index.remove(path)
