"""docs/backend-in-cpp.md shows the whole of examples/sqlite_backend, which tests build, load and use."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/sqlite_backend"


@pytest.mark.parametrize(
    ("language", "file"), [("c++", "sqlite_backend.cc"), ("cmake", "CMakeLists.txt"), ("C++", "notes.cc")]
)
def test_the_page_shows_the_code_that_is_built(language, file):
    page = (ROOT / "docs/backend-in-cpp.md").read_text(encoding="utf-8")
    shown = re.findall(rf"^```{re.escape(language)}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert "\n".join(shown) == (EXAMPLE / file).read_text(encoding="utf-8")
