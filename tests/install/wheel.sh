#!/usr/bin/env bash
# Builds the wheel and uses it in an environment that has nothing else. $1: an empty scratch folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${here%/tests/install}
scratch=$1
mkdir -p "$scratch/files"
# With the flags of the release preset, so that ccache has every object already.
"$root/.venv/bin/python" -m pip wheel -q -C cmake.define.GENRO_WERROR=ON --no-deps --no-build-isolation -w "$scratch/wheels" "$root"
"$root/.venv/bin/python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install -q --no-index "$scratch"/wheels/genro_storage-*.whl
cd "$scratch" # away from the sources
"$scratch/venv/bin/python" -W error "$here/wheel_tour.py" "$scratch/files"
