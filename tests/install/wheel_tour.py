"""The Python tour of the README, run against an installed wheel."""

import asyncio
import importlib.metadata
import sys
import sysconfig
from pathlib import Path

import genro_storage
from genro_storage import StorageManager

package = Path(genro_storage.__file__).parent
assert package.is_relative_to(sys.prefix), f"{package} is not the installed package"
assert (package / "py.typed").exists(), "the wheel carries its types"
assert importlib.metadata.version("genro-storage") == genro_storage.__version__
modules = [module.name for module in package.glob("_core*.so")]
assert modules == ["_core" + sysconfig.get_config_var("EXT_SUFFIX")], "the module of this Python alone"
assert importlib.metadata.metadata("genro-storage")["Requires-Python"] == ">=3.11"
assert not importlib.metadata.requires("genro-storage") or all(
    "extra ==" in line for line in importlib.metadata.requires("genro-storage") or []
), "nothing is needed at run time"

files = Path(sys.argv[1])
storage = StorageManager()
storage.configure(
    [
        {"name": "home", "protocol": "local", "base_path": str(files)},
        {"name": "cache", "protocol": "memory"},
    ]
)
storage.node("home:notes/today.txt").write_text("hello")
assert (files / "notes/today.txt").read_text() == "hello"


async def main() -> None:
    note = storage.node("home:notes/today.txt")
    await note.copy_to(storage.node("cache:today.txt"))
    texts = await asyncio.gather(note.read_text(), storage.node("cache:today.txt").read_text())
    assert texts == ["hello", "hello"]


asyncio.run(main())
try:
    storage.node("home:absent.txt").read_bytes()
except FileNotFoundError as error:
    print(error)
else:
    raise AssertionError("an absent file is an error")
