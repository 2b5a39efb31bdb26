"""Runs every Python and C++ snippet of the README and of docs/, the snippets of one page in order and in one scope.

An HTML comment `<!-- run python` … `-->` (or `run cpp`) holds lines that run but are not shown; a comment
`<!-- not run: REASON -->` right above a snippet leaves it out, and the reason is printed with the skips.
"""

import ast
import asyncio
import inspect
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if page.exists()]
SNIPPET = re.compile(
    r"(?P<skip><!-- not run:(?P<reason>.*?)-->\n+)?^(?P<indent> *)```(?P<language>python|cpp)\n(?P<shown>.*?)^ *```"
    r"|^<!-- run (?P<hidden_language>python|cpp)\n(?P<hidden>.*?)^-->",
    re.MULTILINE | re.DOTALL,
)
TOP_LEVEL = re.compile(
    r"^(#include|template|struct|class|namespace|using namespace|[\w:<>&*, ]+\w\([^;]*\)( const)? \{$)", re.MULTILINE
)


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
def test_python_snippets_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {"__name__": "__main__"}
    for snippet in snippets(page, "python"):
        if snippet.reason is None:
            # Blank lines in front make a traceback point at the line of the page.
            source = "\n" * (snippet.line - 1) + snippet.text
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


def cpp_program(page: Path) -> str:
    above, inside = ["#include <genro/storage/storage.h>", "#include <iostream>", "using namespace genro::storage;"], []
    for snippet in snippets(page, "cpp"):
        if snippet.reason is None:
            target = above if TOP_LEVEL.search(snippet.text) else inside
            target += [f'#line {snippet.line} "{page}"', snippet.text]
    if not any("int main(" in text for text in above):
        above += ["Task<void> page() {", *inside, "co_return;", "}", "int main() { page().get(); }"]
    return "\n".join(above) + "\n"


CMAKE_LISTS = """\
cmake_minimum_required(VERSION 3.25)
project(page LANGUAGES CXX)
find_package(genro_storage CONFIG REQUIRED)
add_executable(page page.cc)
target_link_libraries(page PRIVATE genro::storage)
"""


@pytest.mark.parametrize("page", pages_with("cpp"))
def test_cpp_snippets_of_a_page_compile_and_run(page: Path, tmp_path: Path) -> None:
    def run(*command: object, folder: Path = tmp_path) -> None:
        done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True, env=os.environ)
        assert done.returncode == 0, f"{command[0]}: {done.stdout[-4000:]}{done.stderr[-4000:]}"

    (tmp_path / "page.cc").write_text(cpp_program(page))
    (tmp_path / "CMakeLists.txt").write_text(CMAKE_LISTS)
    (tmp_path / "scratch").mkdir()
    run("cmake", "--install", ROOT / "build/release", "--prefix", tmp_path / "prefix", "--component", "cpp")
    run("cmake", "-G", "Ninja", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={tmp_path / 'prefix'}")
    run("cmake", "--build", "build")
    run(tmp_path / "build/page", folder=tmp_path / "scratch")
