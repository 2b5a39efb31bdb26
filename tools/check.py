#!/usr/bin/env python3
"""What ./dev check and ./dev fmt run. All checks run, then the failed ones are named."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON_FOLDERS = ["python", "tests", "tools", "bench", "examples"]


def cpp_files() -> list[str]:
    folders = ["include", "src", "tests", "bench", "examples"]
    return sorted(str(p.relative_to(ROOT)) for f in folders for s in ("*.cc", "*.h") for p in (ROOT / f).rglob(s))


def changed_files() -> set[str]:
    """By the last commit or since then."""
    untracked = git("ls-files", "--others", "--exclude-standard")
    return set(git("diff", "--name-only", "HEAD~1").splitlines()) | set(untracked.splitlines())


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout


def run(command: list[str]) -> tuple[int, str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def tidy(everything: bool) -> tuple[int, str]:
    changed = changed_files()
    files = [f for f in cpp_files() if f.startswith("src/") and f.endswith(".cc") and (everything or f in changed)]
    # GCC's warning options are unknown to clang-tidy, so it follows the commands of the clang preset.
    code, output = run(
        ["cmake", "--preset", "clang", "-DGENRO_BUILD_PYTHON=ON", f"-DPython_EXECUTABLE={sys.executable}"]
    )
    if code or not files:
        return code, output if code else ""
    command = [str(BIN / "clang-tidy"), "-p", "build/clang", "--quiet", "--warnings-as-errors=*"]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda file: run([*command, file]), files))
    return max(code for code, _ in results), "\n".join(
        line for code, text in results if code for line in text.splitlines() if "error:" in line
    )


def misformatted() -> tuple[int, str]:
    code, output = run([str(BIN / "clang-format"), "--dry-run", "-Werror", *cpp_files()])
    files = {line.split(":")[0] for line in output.splitlines() if "[-Wclang-format-violations]" in line}
    return code, "\n".join(sorted(files)) if files else output


def checks(everything: bool) -> dict[str, object]:
    python = [f for f in PYTHON_FOLDERS if any((ROOT / f).rglob("*.py"))]
    every_check: dict[str, object] = {
        "clang-format": misformatted,
        "ruff format": [str(BIN / "ruff"), "format", "--check", "--diff", *python],
        "ruff": [str(BIN / "ruff"), "check", *python],
        "tiers": [sys.executable, "tools/check_tiers.py"],
        "picture": [sys.executable, "tools/draw_tiers.py", "--check"],
        "imports": [sys.executable, "tools/check_imports.py"],
        "locks": [sys.executable, "tools/check_locks.py"],
        "files": [sys.executable, "tools/check_files.py"],
        "names": [sys.executable, "tools/check_names.py"],
        "blocking": [sys.executable, "tools/check_blocking.py"],
    }
    if any((ROOT / "python/genro_storage").glob("*.py")):
        every_check["mypy"] = [str(BIN / "mypy")]
        if any((ROOT / "python/genro_storage").glob("_core.*.so")):
            every_check["stubs"] = [sys.executable, "tools/check_stubs.py"]
    every_check["clang-tidy"] = lambda: tidy(everything)
    return every_check


def fix() -> int:
    python = [f for f in PYTHON_FOLDERS if any((ROOT / f).rglob("*.py"))]
    for command in (
        [str(BIN / "clang-format"), "-i", *cpp_files()],
        [str(BIN / "ruff"), "check", "--fix-only", "--quiet", *python],
        [str(BIN / "ruff"), "format", *python],
    ):
        code, output = run(command)
        print(output, end="")
        if code:
            return code
    return 0


def main() -> int:
    if "--fix" in sys.argv:
        return fix()
    failed = []
    for name, check in checks("--all" in sys.argv).items():
        begin = time.monotonic()
        code, output = check() if callable(check) else run(check)  # type: ignore[arg-type]
        print(f"  {name:<14} {'FAILED' if code else 'ok':<6} {time.monotonic() - begin:6.1f}s", flush=True)
        shown = output if code else "\n".join(line for line in output.splitlines() if line.startswith("warning:"))
        if shown:
            print(shown[-8000:], flush=True)
        if code:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
