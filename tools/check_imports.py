#!/usr/bin/env python3
"""Fails where an import of the Python package points upward: a module imports only what stands in a row below its own.

Every import that runs counts, also one inside of a function, and what the C part imports. Not counted: names that only
type checkers see (`if TYPE_CHECKING`), and that a submodule's import runs the __init__ of the packages around it.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "genro_storage"
# Lowest row first; those of one row do not import each other. "" is the package itself.
ROWS = [
    "_version exceptions _attributes _background _callable_base _copy_log _diagnosis _moments _open_mode _program "
    "_compat.links backends._local_path mount_configs",
    "_core",
    "capabilities",
    "backends.base",
    "registry _turns _calling _local_paths _serving storage_grammar",
    "async_file _compat.engine _compat.forwarding _compat.fsspec_filesystem",
    "files _compat.local _compat.base64 _compat.fsspec _compat.relative",
    "backends.local backends.base64 backends.fsspec backends.relative backends.engine backends.fsspec_filesystem "
    "_compat.mounts",
    "backends node",
    "manager",
    "",
]
# Backends in Python that the C part loads when one is configured, as it does with one of somebody else's.
LOADED_BY_C = {"_compat.fsspec_filesystem"}
PACKAGES_WITHOUT_CODE = {"_compat"}
RANKS = {name: rank for rank, row in enumerate(ROWS) for name in row.split() or [""]}
IMPORTED_BY_C = re.compile(rf'PyImport_ImportModule\("{PACKAGE}\.([\w.]+)"\)')


def running(statements: Iterable[ast.AST]) -> Iterator[ast.ImportFrom | ast.Import]:
    """The imports that are carried out, at once or when a function is called."""
    for node in statements:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield from running(node.orelse)
        else:
            yield from running(ast.iter_child_nodes(node))


def targets(node: ast.ImportFrom | ast.Import, package: list[str]) -> Iterator[str]:
    """The modules of this package that it names. `package`: the one in which it stands, below genro_storage."""
    if isinstance(node, ast.Import):
        named = [alias.name.split(".") for alias in node.names]
        yield from (".".join(parts[1:]) for parts in named if parts[0] == PACKAGE)
        return
    parts = node.module.split(".") if node.module else []
    if node.level:
        parts = package[: len(package) - node.level + 1] + parts
    elif parts[:1] == [PACKAGE]:
        parts = parts[1:]
    else:
        return
    for alias in node.names:
        whole = ".".join([*parts, alias.name])
        yield whole if whole in RANKS else ".".join(parts)


def upward_imports(name: str, text: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Line and complaint of each. `name`: the module's, below genro_storage."""
    own = name.split(".") if name else []
    package = own if is_package else own[:-1]
    if name not in RANKS:
        yield 1, f"{name} has no place in ROWS of tools/check_imports.py"
        return
    for node in running(ast.parse(text).body):
        for target in targets(node, package):
            if RANKS.get(target, len(ROWS)) >= RANKS[name]:
                yield node.lineno, f"{name or PACKAGE} may not import {target or PACKAGE}, which is not below it"


def upward_imports_of_c(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        for target in IMPORTED_BY_C.findall(line):
            if target not in LOADED_BY_C and RANKS.get(target, len(ROWS)) >= RANKS["_core"]:
                yield number, f"_core may not import {target}, which is not below it"


def complaints(root: Path) -> Iterator[str]:
    seen = {"_core"}
    for path in sorted((root / "python" / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root / "python" / PACKAGE).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        seen.add(name)
        if name in PACKAGES_WITHOUT_CODE:
            continue
        for line, wrong in upward_imports(name, path.read_text(encoding="utf-8"), is_package=is_package):
            yield f"{path.relative_to(root)}:{line}: {wrong}"
    for path in sorted((root / "src/python").rglob("*.cc")):
        for line, wrong in upward_imports_of_c(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(root)}:{line}: {wrong}"
    for name in sorted(set(RANKS) - seen):
        yield f"tools/check_imports.py: ROWS names {name}, which is no module"


def main() -> int:
    found = list(complaints(ROOT))
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
