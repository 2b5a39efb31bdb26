"""What test_loadable_backends.py runs in a process of its own, since what is loaded stays: BACKEND FOLDER sync|loop.

The backend is the one of docs/backend-in-cpp.md, loaded into Python. Each check is one that any mount should pass.
"""

from __future__ import annotations

import asyncio
import ctypes
import inspect
import sqlite3
import sys
from pathlib import Path

from genro_storage import StorageConfigError, StorageManager, _core

BACKEND, FOLDER, WORLD = sys.argv[1], Path(sys.argv[2]), sys.argv[3]


async def io(given):
    assert inspect.isawaitable(given) == (WORLD == "loop")
    return await given if WORLD == "loop" else given


def refusal(config):
    try:
        StorageManager().configure([config], strict=True)
    except StorageConfigError as error:
        return str(error)
    raise AssertionError(f"{config} was taken")


def loading() -> None:
    assert "Unknown storage type 'sqlite'" in refusal({"name": "rows", "protocol": "sqlite"})
    program = ctypes.CDLL(None)
    assert not hasattr(program, "genro_storage_engine"), "the engine is shown to others before anything is loaded"
    assert StorageManager.load_backend(BACKEND) == "sqlite"
    assert StorageManager.load_backend(Path(BACKEND)) == "sqlite", "once more does nothing"
    assert [p["name"] for p in _core._protocols()[2]].count("sqlite") == 1


def configuration() -> None:
    mount = {"name": "rows", "protocol": "sqlite", "database": str(FOLDER / "rows")}
    assert "missing required field: 'database'" in refusal({"name": "rows", "protocol": "sqlite"})
    assert "'timeout' must be a number" in refusal({**mount, "timeout": "soon"})
    assert "did you mean 'database'?" in refusal({**mount, "databse": "x"})
    assert "'timeout' must be between 0 and 3600" in refusal({**mount, "timeout": -1})
    assert "'database' cannot be opened" in refusal({**mount, "database": str(FOLDER / "no/such/folder")})
    assert "sqlite" in refusal({"name": "x", "protocol": "nothing"}), "messages name it"


def recipe() -> None:
    try:
        from genro_storage import StorageConfig
    except ImportError:
        return

    class Mounts(StorageConfig):
        def main(self, root):
            root.mounts().sqlite(name="rows", database=str(FOLDER / "recipe"))

    storage = StorageManager()
    storage.configure(Mounts)
    assert storage.get_mount_names() == ["rows"]


async def files(storage: StorageManager) -> None:
    node = storage.node("rows:a/b.txt")
    assert not await io(node.exists())
    await io(node.write_text("first"))
    assert await io(node.read_text()) == "first"
    assert (await io(node.size()), await io(node.is_file())) == (5, True)
    assert await io(node.parent.is_dir())
    await io(node.append(b" and more"))
    assert await io(node.read_bytes()) == b"first and more"
    content = bytes(range(256)) * 20_000
    await io(storage.node("rows:large").write_bytes(content))
    assert await io(storage.node("rows:large").read_bytes()) == content
    file = storage.node("rows:large").open("rb")
    if WORLD == "loop":
        file = await file.__aenter__()
    await io(file.seek(1_000_000))
    assert await io(file.read(300)) == content[1_000_000:1_000_300]
    await io(file.close())
    await io(storage.node("rows:large").delete())
    assert not await io(storage.node("rows:large").exists())


async def errors(storage: StorageManager) -> None:
    for call, kind in (
        (lambda: storage.node("rows:nothing").read_bytes(), FileNotFoundError),
        (lambda: storage.node("rows:a").read_bytes(), IsADirectoryError),
        (lambda: storage.node("rows:a").write_text("x"), IsADirectoryError),
        (lambda: storage.node("rows:a/b.txt/below").write_text("x"), NotADirectoryError),
        (lambda: storage.node("rows:a/b.txt").children(), ValueError),
        (lambda: storage.node("rows:a/b.txt").set_metadata({"a": "b"}), PermissionError),
    ):
        text = ""
        try:
            await io(call())
        except kind as error:
            text = str(error)
        assert "rows:" in text, f"no {kind.__name__}, or none that says where"


async def trees(storage: StorageManager) -> None:
    for name in ("t/x", "t/y/z", "t/y/é ☕%"):
        await io(storage.node(f"mem:{name}").write_text(name))
    await io(storage.node("mem:t").copy_to(storage.node("rows:t")))
    copied = storage.node("rows:t")
    assert [node.basename for node in await io(copied.children())] == ["x", "y"]
    assert await io(copied.child("y/é ☕%").read_text()) == "t/y/é ☕%"
    assert [node.path for node in await io(copied.rglob("*"))] == ["t/x", "t/y", "t/y/z", "t/y/é ☕%"]
    await io(copied.child("x").move_to(storage.node("rows:moved")))
    assert await io(storage.node("rows:moved").read_text()) == "t/x"
    await io(copied.delete())
    assert not await io(copied.exists())


async def many(storage: StorageManager) -> None:
    nodes = [storage.node(f"rows:many/{number}") for number in range(50)]
    if WORLD == "loop":
        await asyncio.gather(*(node.write_text(node.basename) for node in nodes))
        texts = await asyncio.gather(*(node.read_text() for node in nodes))
    else:
        for node in nodes:
            node.write_text(node.basename)
        texts = [node.read_text() for node in nodes]
    assert texts == [node.basename for node in nodes]


async def with_sqlite_itself(storage: StorageManager) -> None:
    database = sqlite3.connect(FOLDER / "rows")
    assert database.execute("SELECT data FROM files WHERE path = ?", (b"moved",)).fetchone() == (b"t/x",)
    with database:
        database.execute("INSERT INTO files VALUES (?, ?, ?, ?)", (b"theirs", b"by hand", 10**18, "1"))
    database.close()
    assert await io(storage.node("rows:theirs").read_bytes()) == b"by hand"
    assert await io(storage.node("rows:theirs").mtime()) == 10**9


async def main() -> None:
    storage = StorageManager()
    storage.configure(
        [
            {"name": "rows", "protocol": "sqlite", "database": str(FOLDER / "rows")},
            {"name": "mem", "protocol": "memory", "base_path": "loaded"},
        ]
    )
    for check in (files, errors, trees, many, with_sqlite_itself):
        await check(storage)


loading()
configuration()
recipe()
if WORLD == "loop":
    asyncio.run(main())
else:
    try:
        main().send(None)
    except StopIteration:
        pass
    else:
        raise AssertionError("it waited outside of an event loop")
print("all of it")
