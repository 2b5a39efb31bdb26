# Sourced by ./dev: configures and builds one preset of CMakePresets.json under build/PRESET.
build_preset() {
  local preset=$1 options=()
  mkdir -p build
  # Two runs of ninja in one directory would trample on each other; the lock is let go when this shell ends.
  exec 9>"build/.$preset.lock"
  flock 9
  case "$preset" in
    release | module | fast | asan) options+=(-DPython_EXECUTABLE="$venv/bin/python" -DGENRO_BUILD_PYTHON=ON) ;;
  esac
  step "configure $preset" configure_preset "$preset" "${options[@]}"
  step "build $preset" cmake --build --preset "$preset"
  case "$preset" in
    release | module | fast) link_extension "$preset" ;;
    asan) link_package ;;
  esac
  exec 9>&-
}

# CMake keeps its answers, so it is asked again only when the questions changed; ninja sees to the rest.
configure_preset() {
  local key
  key=$({ printf "%s " "$@" "$CMAKE_CXX_COMPILER_LAUNCHER"; ls -d */CMakeLists.txt */*/CMakeLists.txt; cat CMakePresets.json; } | sha256sum)
  if [ ! -e "build/$1/build.ninja" ] || [ "$(cat "build/$1/.configured" 2>/dev/null)" != "$key" ]; then
    cmake --preset "$1" "${@:2}" &&
      echo "$key" >"build/$1/.configured"
  fi
}

# Whatever was built last is what .venv imports.
link_extension() {
  local module
  for module in build/"$1"/src/python/_core*.so; do
    [ -e "$module" ] || continue
    ln -sfn "../../$module" "python/genro_storage/$(basename "$module")"
  done
}

# The package with the sanitized module in place of the released one, for a PYTHONPATH.
link_package() {
  local package=build/asan/package/genro_storage file
  rm -rf "$package"
  mkdir -p "$package"
  for file in python/genro_storage/* build/asan/src/python/_core*.so; do
    case "$file" in
      python/*/_core*.so | */__pycache__) ;;
      *) [ ! -e "$file" ] || ln -s "$root/$file" "$package/" ;;
    esac
  done
}
