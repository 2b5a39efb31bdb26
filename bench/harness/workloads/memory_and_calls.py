"""Memory mounts, calls and import."""

from functools import partial

from harness.case import OLD, OURS, Case
from harness.workloads.words import K, M, better, files, within

local = partial(Case, server="", seconds=0.3)
call = partial(local, driver="sync", rounds=3)
memory = partial(local, driver="sync", size=4 * K, goals=(better(5, "obstore"),))
memcpy = partial(memory, limits={"C, memcpy": files("memcpy")})
encrypted = partial(local, driver="sync", size=M, verify=4, libraries=(OURS, OLD), rounds=2, seconds=0.5)

MEMORY_AND_CALLS = [
    memcpy("W21-get", "memory get 4 KiB, sync", operations=("memory_get",), fill=True),
    memcpy("W21-put", "memory put 4 KiB, sync", operations=("memory_put",)),
    memory(
        "W22",
        "memory get 4 KiB, awaited, 64 at once",
        driver="awaited",
        operations=("memory_get_async",),
        concurrency=64,
        fill=True,
    ),
    call("W23-node", "node(address)", operations=("make_node",), goals=(within(0.5),)),
    call("W23-exists", "exists on memory", operations=("memory_exists",), goals=(better(5, "obstore"),)),
    call("W23-path", "basename, suffix and path of a node", operations=("path_operations",)),
    local(
        "W25",
        "import, interpreter included",
        "program",
        ("IMPORT",),
        "s",
        wall=True,
        repeats=5,
        rounds=3,
        goals=(better(1, "opendal", "wall"),),
    ),
    encrypted("W30-write", "write 1 MiB encrypted, memory", operations=("encrypted_write",)),
    encrypted("W30-read", "read 1 MiB encrypted, memory", operations=("encrypted_read",), fill=True),
]
