"""What is made from the table of protocols is as the table says; and a new protocol touches four places."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_types_and_tables_are_as_the_engine_has_its_protocols():
    tool = ROOT / "tools/protocol_tables.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
