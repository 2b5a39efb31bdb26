"""A file service on FastAPI: streamed downloads, uploads, listings and a batch backup, on any two mounts.

GENRO_DEMO_DATA=/srv/files uvicorn examples.fastapi_app:app
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse

from genro_storage import StorageManager, StorageNode


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    storage = StorageManager()
    storage.configure(
        [
            {"name": "uploads", "protocol": "local", "base_path": os.environ["GENRO_DEMO_DATA"]},
            {"name": "backups", "protocol": "memory", "base_path": "backups"},
        ]
    )
    app.state.storage = storage
    yield


app = FastAPI(lifespan=lifespan)


def node_of(request: Request, mount: str, path: str) -> StorageNode:
    storage: StorageManager = request.app.state.storage
    try:
        return storage.node(mount, path)
    except ValueError as error:  # `..` and the like
        raise HTTPException(400, str(error)) from error


@app.get("/files/{path:path}")
async def download(path: str, request: Request) -> StreamingResponse:
    node = node_of(request, "uploads", path)
    if not await node.is_file():
        raise HTTPException(404, "File not found")

    async def pieces() -> AsyncIterator[bytes]:
        async with node.open("rb") as file:
            async for piece in file.chunks():
                yield piece

    return StreamingResponse(pieces(), media_type=node.mimetype, headers={"content-length": str(await node.size())})


@app.put("/files/{path:path}")
async def upload(path: str, request: Request) -> dict[str, Any]:
    node = node_of(request, "uploads", path)
    async with node.open("wb") as file:  # appears whole, or not at all when the client goes away
        async for piece in request.stream():
            await file.write(piece)
    return {"path": node.path, "size": await node.size(), "md5": await node.md5hash()}


@app.delete("/files/{path:path}")
async def remove(path: str, request: Request) -> dict[str, Any]:
    await node_of(request, "uploads", path).delete()
    return {"path": path}


@app.get("/list/{path:path}")
async def listing(path: str, request: Request) -> list[str]:
    try:
        children = await node_of(request, "uploads", path).children()
    except FileNotFoundError as error:
        raise HTTPException(404, "Folder not found") from error
    return [child.basename for child in children]


@app.post("/backup")
async def backup(paths: list[str], request: Request) -> dict[str, Any]:
    async def backup_one(path: str) -> dict[str, str]:
        source = node_of(request, "uploads", path)
        if not await source.exists():
            return {"path": path, "status": "not found"}
        await source.copy_to(node_of(request, "backups", path))
        return {"path": path, "status": "ok"}

    return {"results": await asyncio.gather(*[backup_one(path) for path in paths])}
