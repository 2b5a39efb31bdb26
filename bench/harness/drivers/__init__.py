"""The drivers: each repeats one adapter's operation in this process and says what it cost. None knows a library.

A driver gets (make, case, site), where make(site) builds the operation, and returns a Sample. Building, warm-up and
verification stay outside the timed part. Every result's length is checked inside it; whole contents are compared before
and after.
"""

from harness.drivers.awaited import awaited, burst, many
from harness.drivers.files_and_trees import copy, digest, upload_tree
from harness.drivers.large_objects import large_get, large_get_file, large_put, stream
from harness.drivers.one_by_one import entries, sync, threads
from harness.drivers.program import program
from harness.drivers.wsgi import sent, served

__all__ = [
    "awaited",
    "burst",
    "copy",
    "digest",
    "entries",
    "large_get",
    "large_get_file",
    "large_put",
    "many",
    "program",
    "sent",
    "served",
    "stream",
    "sync",
    "threads",
    "upload_tree",
]
