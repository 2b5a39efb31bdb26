"""Backends in shared objects: one in C++ works in Python as any mount does, and one that cannot be loaded says why."""

import subprocess
import sys
from pathlib import Path

import pytest

from genro_storage import StorageConfigError, StorageManager, _core
from genro_storage.exceptions import StorageDependencyError

BUILT = Path(_core.__file__).resolve().parents[2] / "tests/loadable"  # of the build that the module comes from


def backend(name):
    file = BUILT / f"{name}.so"
    if not file.exists():
        pytest.skip(f"{name}.so is not built: it is one of the C++ tests")
    return str(file)


@pytest.mark.parametrize("world", ["sync", "loop"])
def test_the_backend_of_the_guide_is_a_mount_like_any_other(tmp_path, world):
    script = Path(__file__).with_name("loaded_backend.py")
    command = [sys.executable, "-W", "error", script, backend("sqlite_backend"), tmp_path, world]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "all of it\n"), done.stderr


def test_a_missing_library_is_an_import_error_that_names_it():
    with pytest.raises(ImportError, match=r"needs libgenro_absent\.so\.7, which this machine does not have") as caught:
        StorageManager.load_backend(backend("needs_absent"))
    assert isinstance(caught.value, StorageDependencyError)
    assert caught.value.code == "missing_library"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("other_version", "was built for genro-storage 0.1.0"),
        ("other_engine", "was built for another version"),
        ("no_backend", "has no function genro_storage_backend"),
        ("taken_name", "'memory', which there is already"),
    ],
)
def test_what_is_no_backend_of_this_version_is_refused(name, why):
    with pytest.raises(StorageConfigError, match=why):
        StorageManager.load_backend(backend(name))


def test_a_file_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        StorageManager.load_backend(tmp_path / "nothing.so")
    with pytest.raises(TypeError):
        StorageManager.load_backend(3)
