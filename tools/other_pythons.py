"""The other CPythons of this machine: finding them, and giving each an environment and a module of its own.

Used by the part `pythons` of ./dev test. Everything made here lies below build/python-VERSION.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)

# The free-threaded build is another platform than the one with a GIL, and a preview may change below our feet.
PROBE = """
import json, os, sys, sysconfig
try:
    import ensurepip, ssl, venv
    whole = os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h"))
except ImportError:
    whole = False
fits = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
print(json.dumps({"version": sys.version_info[:3], "whole": whole, "final": sys.version_info.releaselevel == "final",
                  "fits": fits}))
"""


@dataclass(frozen=True)
class OtherPython:
    """One interpreter, and where its things are."""

    interpreter: Path
    version: tuple[int, int, int]

    @property
    def name(self) -> str:
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def folder(self) -> Path:
        return ROOT / "build" / f"python-{self.name}"

    @property
    def python(self) -> Path:
        return self.folder / "venv/bin/python"

    def install(self) -> str:
        """Makes the environment unless it is there already. What went wrong, or ""."""
        requirements = ROOT / "requirements-test.txt"
        pinned = requirements.read_bytes() + (ROOT / "requirements-demo.txt").read_bytes()  # the one includes the other
        key = hashlib.sha256(pinned + f"{self.interpreter} {self.version}".encode()).hexdigest()
        stamp = self.folder / "venv/ready"
        if stamp.exists() and stamp.read_text() == key:
            return ""
        pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
        failure = run_all([[self.interpreter, "-m", "venv", "--clear", self.folder / "venv"], pip])
        if not failure:
            stamp.write_text(key)
        return failure

    def build(self) -> str:
        """The module, linked in beside the sources. What went wrong, or ""."""
        configure = ["cmake", "--preset", "module", "-B", self.folder, f"-DPython_EXECUTABLE={self.interpreter}"]
        failure = run_all([configure, ["cmake", "--build", self.folder, "--target", "_core"]])
        if failure:
            return failure
        for module in (self.folder / "src/python").glob("_core*.so"):
            link = ROOT / "python/genro_storage" / module.name
            link.unlink(missing_ok=True)
            link.symlink_to(os.path.relpath(module, link.parent))
        return ""


def run_all(commands: list[list[object]]) -> str:
    """The output of the first command that fails, or ""."""
    for command in commands:
        words = [str(word) for word in command]
        done = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            return f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return ""


def candidates() -> list[Path]:
    """On PATH, and what pyenv installed without putting it there."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += sorted(pyenv.glob("versions/*/bin"))
    return [path for folder in folders for path in sorted(folder.glob("python3.*")) if is_interpreter(path)]


def is_interpreter(path: Path) -> bool:
    name = re.fullmatch(r"python3\.(\d+)", path.name)
    return name is not None and (3, int(name[1])) >= OLDEST and os.access(path, os.X_OK)


def probe(interpreter: Path) -> dict[str, object] | None:
    """What it says of itself; nothing where it does not start, as the stand-ins of pyenv for what is not chosen."""
    try:
        done = subprocess.run(
            [interpreter, "-I", "-c", PROBE], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20
        )
        return json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError):
        return None


def other_pythons(skipped: Callable[[str], None]) -> list[OtherPython]:
    """The newest of each minor version that this Python is not, oldest first; `skipped` is told of unusable ones."""
    found: dict[tuple[int, ...], OtherPython] = {}
    unusable: dict[tuple[int, ...], Path] = {}
    for interpreter in candidates():
        answer = probe(interpreter)
        if not answer or not answer["fits"] or not answer["final"]:
            continue
        version = tuple(answer["version"])
        minor = version[:2]
        if minor == sys.version_info[:2]:
            continue
        if not answer["whole"]:
            unusable.setdefault(minor, interpreter)
        elif minor not in found or found[minor].version < version:
            found[minor] = OtherPython(interpreter, version)
    for minor in unusable.keys() - found.keys():
        skipped(f"Python {minor[0]}.{minor[1]} is here without its headers, ssl or ensurepip")
    return [found[minor] for minor in sorted(found)]
