#!/usr/bin/env bash
# Installs the release build into a scratch prefix and builds an outside project against it. $1: an empty scratch folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$1
mkdir -p "$scratch/files"
cmake --install "$here/../../build/release" --prefix "$scratch/prefix" --component cpp
cmake -S "$here" -B "$scratch/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$scratch/prefix"
if grep -r --include=*.cmake "${here%/tests/install}" "$scratch/prefix"; then
  echo "the installed package names the folder that it was built in" >&2
  exit 1
fi
cmake --build "$scratch/build"
"$scratch/build/tour" "$scratch/files"
# A backend in a shared object of its own, of either compiler, loaded by a C++ program and by the Python module of the same build.
root=${here%/tests/install}
for compiler in g++ clang++-19; do
  own="$scratch/$compiler"
  cmake -S "$root/examples/sqlite_backend" -B "$own" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$scratch/prefix" \
    -DCMAKE_CXX_COMPILER="$compiler"
  cmake --build "$own"
  [ "$("$own/notes" "$own/sqlite_backend.so" "$own/rows")" = "notes:2026/today.txt: hello" ]
  for world in sync loop; do
    mkdir "$own/$world"
    "$root/.venv/bin/python" "$root/tests/python/loaded_backend.py" "$own/sqlite_backend.so" "$own/$world" $world
  done
done
