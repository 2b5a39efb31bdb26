"""The Python environments that the libraries live in, outside the repository, made once for each set of pins."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "genro-storage" / "bench"
OURS = Path(os.environ.get("GENRO_BENCH_PYTHON") or BENCH.parent / ".venv" / "bin" / "python")

REQUIREMENTS = {"rivals": "requirements-rivals.txt", "genro-storage-0.8": "requirements-genro-storage-0.8.txt"}


def python_of(environment: str) -> str:
    """Its interpreter; the first call installs what is missing."""
    if environment == "ours":
        return str(OURS)
    requirements = BENCH / REQUIREMENTS[environment]
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = CACHE / f"{environment}-{key}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"installing {requirements.name} into {folder} (minutes, once)", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)], check=True)
        (folder / "ready").touch()
    return str(python)


def versions(environment: str) -> dict[str, str]:
    """Name to version of what is installed there."""
    code = (
        "import importlib.metadata as m, json; "
        "print(json.dumps({d.metadata['Name']: d.version for d in m.distributions()}))"
    )
    import json

    return json.loads(
        subprocess.run([python_of(environment), "-c", code], capture_output=True, text=True, check=True).stdout
    )
