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
