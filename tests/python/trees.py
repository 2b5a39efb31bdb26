"""Trees of files for the tests of copies and moves, and what those tell."""

import os
import socket

import pytest


@pytest.fixture
def root(storage):
    """The folder behind `home`, which also has a second local mount, `other`, beside it."""
    folder = storage.node("home:").resolved_path
    os.mkdir(folder + "-other")
    storage.add_mount({"name": "other", "protocol": "local", "base_path": folder + "-other"})
    return folder


async def make(storage, io, address, files):
    for name in files:
        await io(storage.node(address, name).write_text(f"text of {name}"))


async def tree(io, node):
    """Everything below: files with their text, folders with None."""
    found = {}
    for child in await io(node.children()):
        if await io(child.is_dir()):
            found[child.basename] = None
            found |= {f"{child.basename}/{name}": text for name, text in (await tree(io, child)).items()}
        else:
            found[child.basename] = await io(child.read_text())
    return found


class Heard:
    """Keeps what the callbacks of a copy are told."""

    def __init__(self):
        self.events = []
        self.errors = []

    def on_file(self, node):
        self.events.append(("file", node.path))

    def on_skip(self, node, reason):
        self.events.append(("skip", node.path, reason))

    def progress(self, done, total):
        self.events.append(("progress", done, total))

    def on_error(self, node, error):
        self.errors.append((node.path, error))

    @property
    def all(self):
        return {"on_file": self.on_file, "on_skip": self.on_skip, "progress": self.progress}

    @property
    def skipped(self):
        return {path: reason for kind, path, *rest in self.events if kind == "skip" for reason in rest}


@pytest.fixture
def odd_tree(root):
    """A folder with a file, and with everything that has no copy."""
    os.mkdir(root + "/odd")
    with open(root + "/odd/file", "w") as file:
        file.write("text")
    os.mkfifo(root + "/odd/fifo")
    os.symlink("nowhere", root + "/odd/dangling")
    os.symlink("/etc", root + "/odd/outside")
    os.symlink("/etc/hostname", root + "/odd/outside-file")
    os.symlink("self", root + "/odd/self")
    here = os.getcwd()
    os.chdir(root + "/odd")  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
    os.chdir(here)
    return "home:odd"


LINK = "a link that leads nowhere or out of the mount"
ODD = {
    "dangling": LINK,
    "fifo": "neither a file nor a directory",
    "outside": LINK,
    "outside-file": LINK,
    "self": LINK,
    "socket": "neither a file nor a directory",
}
