"""Shelf: a storage written in Python, as small as it can be. It tells which of its methods were called."""

from __future__ import annotations

import io as streams
import threading

from genro_storage.backends import StorageBackend
from genro_storage.capabilities import BackendCapabilities


class Shelf(StorageBackend):
    """Files in a dict; folders are implied by what is below them, or made."""

    def __init__(self, **capabilities):
        self.files = {}
        self.folders = {""}
        self.calls = []
        self.promised = BackendCapabilities(**capabilities)

    @property
    def capabilities(self):
        return self.promised

    def seen(self, method, *arguments):
        self.calls.append((method, *arguments, threading.current_thread()))

    def made(self, method):
        return [call[1:-1] for call in self.calls if call[0] == method]

    def exists(self, path):
        return self.is_file(path) or self.is_dir(path)

    def is_file(self, path):
        return path in self.files

    def is_dir(self, path):
        return path in self.folders or any(key.startswith(path + "/") for key in self.files)

    def size(self, path):
        return len(self.files[path])

    def mtime(self, path):
        if path not in self.files:
            raise NotImplementedError("folders have no time")
        return 1_000_000_000.25

    def open(self, path, mode="rb"):
        self.seen("open", path, mode)
        if mode == "rb":
            return streams.BytesIO(self.read_bytes(path))
        assert mode == "wb"
        return Sheet(self, path)

    def read_bytes(self, path):
        self.seen("read_bytes", path)
        if path not in self.files:
            raise MissingError(f"no {path!r} on this shelf")
        return self.files[path]

    def read_text(self, path, encoding="utf-8"):
        return self.read_bytes(path).decode(encoding)

    def write_bytes(self, path, data):
        self.seen("write_bytes", path)
        assert type(data) is bytes
        self.files[path] = data

    def write_text(self, path, text, encoding="utf-8"):
        self.write_bytes(path, text.encode(encoding))

    def delete(self, path, recursive=False):
        self.seen("delete", path)
        self.folders.discard(path)
        self.files.pop(path, None)

    def list_dir(self, path):
        if path in self.files:
            raise NotADirectoryError(path)
        if not self.is_dir(path):
            raise FileNotFoundError(path)
        below = path + "/" if path else ""
        everything = self.folders | set(self.files)
        return sorted({key[len(below) :].split("/")[0] for key in everything if key.startswith(below)} - {""})

    def mkdir(self, path, parents=False, exist_ok=False):
        self.seen("mkdir", path)
        if self.exists(path):
            raise FileExistsError(path)
        if not self.is_dir(path.rpartition("/")[0]):
            raise FileNotFoundError(path)
        self.folders.add(path)

    def copy(self, src_path, dest_backend, dest_path):
        self.seen("copy", src_path, dest_path)
        return dest_backend.write_bytes(dest_path, self.files[src_path])


class Sheet(streams.BytesIO):
    """What open(path, "wb") gives: kept when the block ends well."""

    def __init__(self, shelf, path):
        super().__init__()
        self.shelf = shelf
        self.path = path

    def __exit__(self, kind, error, traceback):
        if kind is None:
            self.shelf.files[self.path] = self.getvalue()
        super().__exit__(kind, error, traceback)


class MissingError(FileNotFoundError):
    pass
