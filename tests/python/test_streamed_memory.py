"""What streams does not grow with its content: measured in a process of its own, on files with holes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from process_memory import PEAK, weighs_memory

pytestmark = pytest.mark.full_only

PROGRAM = (
    PEAK
    + """
import sys
from genro_storage import StorageManager

storage = StorageManager()
storage.configure([{"name": "home", "protocol": "local", "base_path": sys.argv[1], "durable": False}])
part = storage.node("home:part")
STEP = {
    "zip_to": lambda: storage.node("home:part").zip_to("home:out"),
    "zip_to of a sequence": lambda: storage.iternode(storage.iternode(part, part)).zip_to("home:out"),
    "copy_to": lambda: storage.iternode(part, part).copy_to("home:out"),
}[sys.argv[2]]
storage.node("home:small").write_bytes(b"x")
storage.iternode(storage.node("home:small")).zip_to("home:warm")
before = peak()
STEP()
print(peak() - before)
"""
)
SIZE = 96 << 20


@weighs_memory
@pytest.mark.parametrize("step", ["zip_to", "zip_to of a sequence", "copy_to"])
def test_streams_do_not_grow_with_their_content(tmp_path: Path, step: str) -> None:
    with open(tmp_path / "part", "wb") as file:
        file.truncate(SIZE)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), step], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 16 << 20
