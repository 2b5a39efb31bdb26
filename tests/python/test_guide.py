"""The scenarios of the guide to asynchronous use, as a user writes them."""

import asyncio

import pytest

from genro_storage import StorageManager


async def test_exists_then_read(storage, io):
    node = storage.node("home:file.txt")
    await io(node.write_bytes(b"Hello World"))
    content = None
    if await io(node.exists()):
        content = await io(node.read())
    assert content == "Hello World"
    assert await io(node.size()) == 11
    assert await io(node.is_file()) is True


def test_synchronous_use(storage, capsys):
    node = storage.node("home:test.txt")
    node.write_bytes(b"Hello World")
    if node.exists():
        print(f"File size: {node.size()} bytes")
        print(f"Is file: {node.is_file()}")
    assert capsys.readouterr().out == "File size: 11 bytes\nIs file: True\n"


async def test_directory_example(storage, io):
    dir_node = storage.node("home:testdir")
    await io(dir_node.mkdir())
    await io(storage.node("home:testdir/file1.txt").write_bytes(b"content1"))
    await io(storage.node("home:testdir/file2.txt").write_bytes(b"content2"))
    children = await io(dir_node.children())
    assert sorted([c.basename for c in children]) == ["file1.txt", "file2.txt"]


@pytest.mark.loop_only
async def test_parallel_writes_and_reads(storage):
    nodes = [storage.node(f"mem:file_{i}.txt") for i in range(10)]
    await asyncio.gather(*[node.write_bytes(f"content_{i}".encode()) for i, node in enumerate(nodes)])
    assert all(await asyncio.gather(*[node.exists() for node in nodes]))
    contents = await asyncio.gather(*[node.read_bytes() for node in nodes])
    for i, content in enumerate(contents):
        assert content == f"content_{i}".encode()


@pytest.mark.loop_only
async def test_batch_backup_with_gather(storage):
    await storage.node("home:a.txt").write_text("a")

    async def backup_one(filepath):
        source = storage.node(f"home:{filepath}")
        target = storage.node(f"mem:{filepath}")
        if not await source.exists():
            return {"filepath": filepath, "status": "not found"}
        data = await source.read_bytes()
        await target.write_bytes(data)
        return {"filepath": filepath, "status": "ok"}

    results = await asyncio.gather(*[backup_one(f) for f in ["a.txt", "b.txt"]])
    assert results == [{"filepath": "a.txt", "status": "ok"}, {"filepath": "b.txt", "status": "not found"}]


def test_fastapi_endpoints(tmp_path):
    pytest.importorskip("fastapi", reason="fastapi is not installed")
    from contextlib import asynccontextmanager

    import httpx
    from fastapi import FastAPI, HTTPException, Request

    @asynccontextmanager
    async def lifespan(app):
        storage = StorageManager()
        storage.configure([{"name": "data", "protocol": "local", "base_path": str(tmp_path)}])
        app.state.storage = storage
        yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/files/{filepath:path}")
    async def get_file(filepath: str, request: Request):
        node = request.app.state.storage.node(f"data:{filepath}")
        if not await node.exists():
            raise HTTPException(status_code=404, detail="File not found")
        return {"data": await node.read_text(), "size": await node.size(), "mtime": await node.mtime()}

    @app.put("/files/{filepath:path}")
    async def put_file(filepath: str, request: Request):
        node = request.app.state.storage.node(f"data:{filepath}")
        await node.write_bytes(await request.body())
        return {"filepath": filepath, "size": await node.size()}

    async def use():
        transport = httpx.ASGITransport(app=app)
        async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answers = await asyncio.gather(*[client.put(f"/files/d/{i}.txt", content=f"file {i}") for i in range(20)])
            assert {answer.status_code for answer in answers} == {200}
            answer = await client.get("/files/d/7.txt")
            assert (answer.json()["data"], answer.json()["size"]) == ("file 7", 6)
            assert (await client.get("/files/none")).status_code == 404

    asyncio.run(use())


def test_the_guide_names_no_class_that_is_gone():
    with pytest.raises(ImportError):
        from genro_storage import AsyncStorageManager  # noqa: F401
