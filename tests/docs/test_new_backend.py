"""./dev new-backend: a protocol more is four places. What it writes compiles, and the conformance suite tests it."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = "scratch_pad"


def run(command: list[str], folder: Path, seconds: int = 1800) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GENRO_TEST_")}
    environment["GENRO_TEST_SCRATCH_PAD"] = "http://127.0.0.1:1"  # no server: what is mounted there is in memory
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=seconds, check=False)
    # The suite's names of files are of any bytes.
    output, errors = (part.decode(errors="backslashreplace") for part in (done.stdout, done.stderr))
    assert done.returncode == 0, output + errors
    return output


def tracked(root: Path) -> list[str]:
    listed = run(["git", "ls-files", "-co", "--exclude-standard"], root).splitlines()
    return [name for name in listed if (root / name).is_file() and not (root / name).is_symlink()]


@pytest.fixture
def clone(tmp_path):
    """A copy of what is here, as git has it or would have it."""
    for name in tracked(ROOT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


def differences(clone: Path) -> set[str]:
    before = set(tracked(ROOT))
    after = {str(path.relative_to(clone)) for path in clone.rglob("*") if path.is_file()}
    assert before <= after
    same = {name for name in before if (clone / name).read_bytes() == (ROOT / name).read_bytes()}
    return after - same


def compiled(source: str, like: str, clone: Path, build: Path) -> str:
    """The object of a file of the clone, made as the build made the one of `like`."""
    entries = json.loads((build / "compile_commands.json").read_text())
    (command,) = (entry["command"] for entry in entries if entry["file"] == str(ROOT / like))
    words = shlex.split(command.replace(f"{ROOT}/src", f"{clone}/src").replace(f"{ROOT}/tests", f"{clone}/tests"))
    words[words.index("-o") + 1] = target = str(clone / (Path(source).name + ".o"))
    words[-1] = str(clone / source)
    run(words, build)
    return target


def work(source: Path) -> None:
    """Somebody writes the operations: here they are those of memory, which can all that the suite asks for."""
    written = source.read_text()
    over_http = "ScratchPadClient" in written
    config = "scratch_pad_config_from(context.options)"
    own = f"std::make_shared<ScratchPadBackend>({config})"
    base = f"{config}.base_path"
    if over_http:
        own = f"std::make_shared<ScratchPadBackend>(std::make_shared<ScratchPadClient>({config}, context.env))"
        base = f"{config}.url.path"
    header = f'#include "backends/{NAME}.h"\n'
    for old, new in (
        (own, f'make_memory({{MountOptions("pad", "memory", {{{{"base_path", {base}}}}}), context.env}})'),
        (header, header + '#include "backends/memory/memory.h"\n'),
    ):
        assert written.count(old) == 1
        written = written.replace(old, new)
    source.write_text(written)


@pytest.mark.parametrize("options", [[], ["--http"], ["--blocking"]])
def test_a_new_protocol_touches_four_places_and_is_tested_by_the_conformance_suite(clone, options):
    builds = [ROOT / "build" / preset for preset in ("release", "fast")]
    build = next((path for path in builds if (path / "tests/conformance").exists()), None)
    if not build:
        pytest.skip("the conformance suite is not built")
    run(["cmake", "--build", str(build), "--target", "conformance"], ROOT)

    run([sys.executable, str(clone / "tools/new_backend.py"), NAME, *options], clone)
    assert differences(clone) == {
        *(f"src/backends/{NAME}.h", f"src/backends/{NAME}.cc"),  # its own files
        "src/backends/protocols.cc",
        "tests/conformance/backends_under_test.cc",
        f"docs/backends/{NAME}.md",
    }
    again = subprocess.run([sys.executable, clone / "tools/new_backend.py", NAME], capture_output=True, check=False)
    assert again.returncode != 0, "it wrote over what was there"

    table, subjects = "src/backends/protocols.cc", "tests/conformance/backends_under_test.cc"
    compiled(f"src/backends/{NAME}.cc", table, clone, build)
    work(clone / f"src/backends/{NAME}.cc")
    made = [
        compiled(f"src/backends/{NAME}.cc", table, clone, build),
        compiled(table, table, clone, build),
        compiled(subjects, subjects, clone, build),
    ]
    link = run(["ninja", "-t", "commands", "conformance"], build).splitlines()[-1]
    words = [word for word in shlex.split(link) if word not in (":", "&&")]
    program = str(clone / "conformance")
    words[words.index("-o") + 1] = program
    (old,) = (word for word in words if word.endswith("conformance/backends_under_test.cc.o"))
    words[words.index(old) : words.index(old) + 1] = made
    run(words, build)

    listed = run([program, "--gtest_list_tests", f"--gtest_filter=*{NAME}*"], clone)
    assert NAME in listed
    run([program, f"--gtest_filter=*{NAME}*"], clone)
