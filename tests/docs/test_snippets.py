"""Runs every Python and C++ snippet of the README and of docs/, the snippets of one page in order and in one scope.

An HTML comment `<!-- run python` … `-->` (or `run cpp`) holds lines that run but are not shown; a comment
`<!-- not run: REASON -->` right above a snippet leaves it out, and the reason is printed with the skips.
"""

import ast
import asyncio
import inspect
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *(p for p in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in p.parts)]
SNIPPET = re.compile(
    r"(?P<skip><!-- not run:(?P<reason>.*?)-->\n+)?^(?P<indent> *)```(?P<language>python|cpp)\n(?P<shown>.*?)^ *```"
    r"|^<!-- run (?P<hidden_language>python|cpp)\n(?P<hidden>.*?)^-->",
    re.MULTILINE | re.DOTALL,
)
# C++ that cannot stand inside a function: it is moved above `main`.
ALONE = re.compile(r"^(#include |namespace \w+ = |using namespace )")
DEFINITION = re.compile(r"^(template|struct|class|[\w:<>&*, ]+ \w+\([^;]*\)) ?.*\{\s*(//.*)?$")


@dataclass
class Snippet:
    language: str
    line: int
    text: str
    reason: str | None


def snippets(page: Path, language: str) -> list[Snippet]:
    found = []
    content = page.read_text(encoding="utf-8")
    for match in SNIPPET.finditer(content):
        text = match["shown"] if match["shown"] is not None else match["hidden"]
        start = match.start("shown") if match["shown"] is not None else match.start("hidden")
        if (match["language"] or match["hidden_language"]) == language:
            plain = "\n".join(line.removeprefix(match["indent"] or "") for line in text.splitlines()) + "\n"
            found.append(Snippet(language, content.count("\n", 0, start) + 1, plain, match["reason"]))
    return found


def pages_with(language: str) -> list[object]:
    chosen = []
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        chosen += [pytest.param(page, id=name)] if any(not s.reason for s in snippets(page, language)) else []
    return chosen


@pytest.mark.parametrize("page", pages_with("python"))
def test_python_snippets_of_a_page_run(page: Path, scratch: Path) -> None:
    scope: dict[str, object] = {"__name__": "__main__"}
    for snippet in snippets(page, "python"):
        if snippet.reason is None:
            # Blank lines in front make a traceback point at the line of the page.
            source = "\n" * (snippet.line - 1) + in_scratch(snippet.text, scratch)
            code = compile(source, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            if code.co_flags & inspect.CO_COROUTINE:
                asyncio.run(eval(code, scope))
            else:
                exec(code, scope)


@pytest.mark.parametrize("language", ["python", "cpp"])
@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_snippets_left_out_have_a_reason(page: Path, language: str) -> None:
    left_out = [f"{page.name}:{s.line}: {s.reason.strip()}" for s in snippets(page, language) if s.reason is not None]
    assert not any(line.endswith(": ") for line in left_out)
    if left_out:
        pytest.skip("; ".join(left_out))


def cpp_program(page: Path, scratch: Path) -> str:
    above, inside = ["#include <genro/storage/storage.h>", "#include <iostream>", "using namespace genro::storage;"], []
    for snippet in snippets(page, "cpp"):
        inside_definition = False
        for line_number, line in enumerate(in_scratch(snippet.text, scratch).splitlines(), snippet.line):
            if snippet.reason is None:
                inside_definition = inside_definition or bool(DEFINITION.match(line))
                target = above if inside_definition or ALONE.match(line) else inside
                target += [f'#line {line_number} "{page.name}"', line]
                inside_definition = inside_definition and not line.startswith("}")
    if not any("int main(" in text for text in above):
        # A coroutine only where the page awaits: GCC 12 destroys braced lists inside of coroutines twice.
        if any("co_await" in line for line in inside):
            above += ["Task<void> whole_page() {", *inside, "co_return;", "}", "int main() { whole_page().get(); }"]
        else:
            above += ["void whole_page() {", *inside, "}", "int main() { whole_page(); }"]
    return "\n".join(above) + "\n"


def in_scratch(text: str, scratch: Path) -> str:
    """The folders that pages name are made, empty, inside a scratch folder."""
    for named in ("/tmp/", "/srv/", "/run/secrets/"):
        text = text.replace(named, f"{scratch}{named}")
    return text


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the pages take for granted: folders, secrets in a file and in the environment. The current folder."""
    for folder in ("tmp/files", "srv/files", "run/secrets"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "run/secrets/minio").write_text("genro-test-secret\n")
    monkeypatch.setenv("MINIO_USER", "genro-test")
    monkeypatch.chdir(tmp_path)
    return tmp_path


CMAKE_LISTS = """\
cmake_minimum_required(VERSION 3.25)
project(page LANGUAGES CXX)
find_package(genro_storage CONFIG REQUIRED)
add_executable(page page.cc)
target_link_libraries(page PRIVATE genro::storage)
"""


@pytest.mark.parametrize("page", pages_with("cpp"))
def test_cpp_snippets_of_a_page_compile_and_run(page: Path, scratch: Path) -> None:
    def run(*command: object) -> None:
        done = subprocess.run([str(word) for word in command], cwd=scratch, capture_output=True, text=True)
        assert done.returncode == 0, f"{command[0]}: {done.stdout[-4000:]}{done.stderr[-4000:]}"

    (scratch / "page.cc").write_text(cpp_program(page, scratch))
    (scratch / "CMakeLists.txt").write_text(CMAKE_LISTS)
    run("cmake", "--install", ROOT / "build/release", "--prefix", scratch / "prefix", "--component", "cpp")
    run("cmake", "-G", "Ninja", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={scratch / 'prefix'}")
    run("cmake", "--build", "build")
    run(scratch / "build/page")
