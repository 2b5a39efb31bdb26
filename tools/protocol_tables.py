#!/usr/bin/env python3
"""Writes what the engine's table of protocols says: python/genro_storage/mount_configs.py and the tables of docs/.

usage: protocol_tables.py [--check]     --check: writes nothing, and fails when something is not as it would be written

It asks the built module, genro_storage._core, so build first. In the pages a table stands between two comments,
<!-- options of NAME: made by tools/protocol_tables.py --> or <!-- protocols: made by tools/protocol_tables.py -->, and
<!-- end of options --> or <!-- end of protocols -->.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

from genro_storage import _core  # noqa: E402  found by the line above

Option = dict[str, Any]
COMMON, RELATIVE, PROTOCOLS = _core._protocols()
AVAILABLE = [protocol for protocol in PROTOCOLS if protocol["available"]]
MADE = "made by tools/protocol_tables.py"

PYTHON_TYPES = {
    "text": "str",
    "flag": "bool",
    "integer": "int",
    "number": "float",
    "map": "dict[str, Any]",
    "folder": "str | PathLike[str] | Callable[..., Any]",
    "flag_or_text": "bool | str",
    "any": "Any",
}


def python_type(option: Option) -> str:
    words = ", ".join(f'"{word}"' for word in option["choices"].split())
    kind = f"Literal[{words}]" if words else PYTHON_TYPES[option["type"]]
    if option["required"]:
        return kind
    return f"NotRequired[{kind}]" if kind == "Any" or option in COMMON else f"NotRequired[{kind} | None]"


def typed_dict(name: str, summary: str, options: list[Option], protocol: str = "") -> str:
    shared = {option["name"] for option in COMMON}
    lines = [f"class {name}(_Mount):", f'    """{summary}."""', ""]
    if protocol:
        lines.append(f'    protocol: Literal["{protocol}"]')
    lines += [f"    {option['name']}: {python_type(option)}" for option in options if option["name"] not in shared]
    return "\n".join(lines)


def class_name(protocol: str) -> str:
    return "".join(word.capitalize() for word in protocol.split("_")) + "Mount"


def mount_configs() -> str:
    common = [f"    {o['name']}: {python_type(o)}" for o in COMMON if o["name"] != "protocol"]
    classes = [typed_dict(class_name(p["name"]), p["summary"], p["options"], p["name"]) for p in AVAILABLE]
    classes.append(typed_dict("RelativeMount", 'A part of an earlier mount: "parent:folder"', RELATIVE))
    names = [*(class_name(protocol["name"]) for protocol in AVAILABLE), "RelativeMount"]
    listed = "".join(f'    "{name}",\n' for name in sorted([*names, "MountConfig"]))
    head = f'''"""The dicts that configure() takes, as types: one for each protocol. {MADE.capitalize()}.

    mounts: list[MountConfig] = [{{"name": "home", "protocol": "local", "base_path": "/srv/files"}}]

At run time they are plain dicts, and nothing else imports this module.
"""

from collections.abc import Callable
from os import PathLike
from typing import Any, Literal, NotRequired, TypedDict

__all__ = [
{listed}]


class _Mount(TypedDict):
'''
    union = "MountConfig = (\n    " + "\n    | ".join(names) + "\n)"
    return "\n\n\n".join([head + "\n".join(common), *classes, union]) + "\n"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def names(option: Option) -> str:
    return f"`{option['name']}`" + (f" (`{option['alias']}`)" if option["alias"] else "")


def options_table(options: list[Option]) -> str:
    lines = ["| key (older name) | default | meaning |", "|---|---|---|"]
    for option in options:
        default = "required" if option["required"] else option["otherwise"]
        words = ", ".join(f"`{word}`" for word in option["choices"].split())
        meaning = option["help"] + (f": {words}" if words and "`" not in option["help"] else "")
        lines.append(f"| {names(option)} | {cell(default)} | {cell(meaning)} |")
    return "\n".join(lines)


def protocols_table() -> str:
    lines = ["| protocol | what it is | keys (older names) |", "|---|---|---|"]
    for protocol in AVAILABLE:
        keys = ", ".join(names(option) for option in protocol["options"]) or "none"
        lines.append(f"| `{protocol['name']}` | {cell(protocol['summary'])} | {keys} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its tables made anew."""
    options = {protocol["name"]: protocol["options"] for protocol in PROTOCOLS}
    options |= {"every mount": COMMON, "a relative mount": RELATIVE}

    def made(match: re.Match[str]) -> str:
        table = options_table(options[match["name"]]) if match["name"] else protocols_table()
        return f"{match['begin']}\n{table}\n{match['end']}"

    pattern = (
        rf"(?P<begin><!-- (?:options of (?P<name>[\w ]+)|protocols): {re.escape(MADE)} -->)\n"
        r".*?(?P<end><!-- end of (?:options|protocols) -->)"
    )
    return re.sub(pattern, made, text, flags=re.DOTALL)


def main() -> None:
    wanted = {ROOT / "python/genro_storage/mount_configs.py": mount_configs()}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if "_build" not in path.parts:
            wanted[path] = page(path.read_text(encoding="utf-8"))
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(
            f"{path.relative_to(ROOT)}: {'not as the table of protocols says' if '--check' in sys.argv else 'written'}"
        )
        if "--check" not in sys.argv:
            path.write_text(wanted[path], encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit("run: ./dev build && .venv/bin/python tools/protocol_tables.py")


if __name__ == "__main__":
    main()
