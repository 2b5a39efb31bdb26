"""./dev check refuses an import of the Python package that points upward, wherever it stands."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from check_imports import ROWS, complaints, upward_imports, upward_imports_of_c


def said(name: str, text: str, *, is_package: bool = False) -> list[str]:
    return [f"{line}: {wrong}" for line, wrong in upward_imports(name, text, is_package=is_package)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("manager", "from . import _core, registry"),
        ("manager", "import asyncio, re\nfrom os import path"),
        ("_compat.mounts", "from .engine import EngineBackend\nfrom .. import _core"),
        ("_compat.engine", "def f():\n    from genro_storage.backends.base import StorageBackend"),
        ("_compat.engine", "if TYPE_CHECKING:\n    from ..node import StorageNode"),
        ("files", "import genro_storage._open_mode"),
    ],
)
def test_what_points_down_passes(name, text):
    assert said(name, text) == []


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("_compat.engine", "from ..manager import StorageManager", "1: _compat.engine may not import manager"),
        (
            "_compat.engine",
            "import os\ndef f():\n    from ..manager import x",
            "3: _compat.engine may not import manager",
        ),
        ("_compat.engine", "if TYPE_CHECKING:\n    pass\nelse:\n    from .. import node", "4: _compat.engine may not"),
        ("node", "import genro_storage.manager", "1: node may not import manager"),
        ("node", "from . import manager", "1: node may not import manager"),
        ("node", "from genro_storage import StorageManager", "1: node may not import genro_storage,"),
        ("_compat.local", "from .base64 import Base64Backend", "1: _compat.local may not import _compat.base64"),
        ("exceptions", "from . import _core", "1: exceptions may not import _core"),
        ("unheard_of", "import os", "1: unheard_of has no place in ROWS"),
        ("node", "from .unheard_of import a", "1: node may not import unheard_of"),
    ],
)
def test_what_points_upward_is_refused(name, text, complaint):
    (found,) = said(name, text)
    assert found.startswith(complaint)


def test_a_package_imports_by_its_own_name():
    assert said("", "from .manager import StorageManager", is_package=True) == []
    assert said("backends", "from .base import StorageBackend", is_package=True) == []
    assert said("backends", "from ..manager import StorageManager", is_package=True) != []


def test_the_c_part_imports_only_what_is_below_it():
    assert list(upward_imports_of_c('PyImport_ImportModule("genro_storage.exceptions")')) == []
    ((line, wrong),) = upward_imports_of_c('\nPyImport_ImportModule("genro_storage.node")')
    assert (line, wrong) == (2, "_core may not import node, which is not below it")


def test_modules_stand_in_one_row_each_and_the_package_keeps_the_order(tmp_path):
    names = [name for row in ROWS for name in row.split()]
    assert len(set(names)) == len(names)
    assert list(complaints(Path(__file__).resolve().parents[2])) == []
    package = tmp_path / "python/genro_storage"
    package.mkdir(parents=True)
    (package / "node.py").write_text("from .manager import StorageManager\n")
    found = list(complaints(tmp_path))
    assert found[0] == "python/genro_storage/node.py:1: node may not import manager, which is not below it"
    assert "tools/check_imports.py: ROWS names manager, which is no module" in found
