"""Compares _core.pyi with the compiled module, by mypy's stubtest."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

environment = {**os.environ, "PYTHONPATH": str(ROOT / "python")}
command = [str(ROOT / ".venv/bin/python"), "-m", "mypy.stubtest", "--concise", "genro_storage._core"]
sys.exit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)
