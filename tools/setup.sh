# Sourced by ./dev: installs what is missing. A stamp keyed on the inputs makes the second run quick; nothing depends on a cache.
venv=$root/.venv
cache=${XDG_CACHE_HOME:-$HOME/.cache}/genro-storage
server_bin=$cache/servers
minio_module=github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
versitygw_module=github.com/versity/versitygw/cmd/versitygw@v1.8.0
fake_gcs_module=github.com/fsouza/fake-gcs-server@v1.56.1
azurite_version=3.37.0
export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}
# Paths below the work tree count as relative ones, so that the cache serves a clone in another folder, too. The sources that
# a unity build writes lie in the build folder: without file_macro, one folder would not be served what another has compiled.
export CCACHE_BASEDIR=${CCACHE_BASEDIR-$root} CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS-file_macro,pch_defines,time_macros}

module_packages=( # what the Python module is built with
  g++ cmake ninja-build ccache pkg-config libssl-dev nlohmann-json3-dev libyaml-cpp-dev zlib1g-dev
  python3-dev python3-venv ca-certificates)
debian_packages=("${module_packages[@]}"
  clang-19 libclang-rt-19-dev llvm-19 git libgtest-dev libgmock-dev libbenchmark-dev libsqlite3-dev curl openssl)

# step "what" command...: one line with its time; the output only when it fails.
# The command runs inside an `if`, where bash ignores `set -e`: a function given here chains with && or returns 1.
step() {
  local what=$1 begin=$SECONDS log
  shift
  log=$(mktemp)
  printf '  %-46s ' "$what"
  if "$@" >"$log" 2>&1 </dev/null; then
    printf 'ok %4ds\n' $((SECONDS - begin))
    rm -f "$log"
  else
    printf 'FAILED\n'
    tail -n 200 "$log" >&2
    rm -f "$log"
    return 1
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo -n "$@"
  else echo "needs root or sudo: $*" >&2; return 1; fi
}

missing_packages() {
  local have package
  have=" $(dpkg-query -W -f='${db:Status-Status}=${Package} ' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    [[ $have == *" installed=$package "* ]] || echo "$package"
  done
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  local install=(apt-get install -y -q --no-install-recommends "$@")
  as_root "${install[@]}" || { as_root apt-get update -q && as_root "${install[@]}"; }
}

setup_debian() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} = 0 ] || step "Debian: ${#missing[@]} packages" install_packages "${missing[@]}"
}

# The first Python on PATH that is new enough and brings the headers that the extension module needs.
find_python() {
  local candidate
  for candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
    "$candidate" - 2>/dev/null <<'PY' && { command -v "$candidate"; return; }
import os, sys, sysconfig, venv
sys.exit(not (sys.version_info >= (3, 11) and os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h"))))
PY
  done
  echo "no Python 3.11 or later with headers on PATH" >&2
  return 1
}

# make_venv REQUIREMENTS
make_venv() {
  local python packages
  if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    python=$(find_python) && rm -rf "$venv" && "$python" -m venv "$venv" || return 1
  fi
  "$venv/bin/python" -m pip install -q -r "$1" &&
    packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))') &&
    # The sources themselves are what .venv imports; the compiled module is linked in beside them.
    echo "$root/python" >"$packages/genro_storage_sources.pth"
}

# setup_python REQUIREMENTS: an environment that has them; one for development serves the demo, too.
setup_python() {
  local key stamp
  key=$(cat requirements-*.txt | sha256sum | cut -c1-16)@$root
  stamp=$(cat "$venv/genro-stamp" 2>/dev/null || true)
  if { [ "$stamp" != "$key requirements-dev.txt" ] && [ "$stamp" != "$key $1" ]; } || ! "$venv/bin/python" -c '' 2>/dev/null; then
    step "Python environment (.venv)" make_venv "$1" || return 1
    echo "$key $1" >"$venv/genro-stamp"
  fi
}

# set_up REQUIREMENTS PACKAGE...
set_up() {
  mkdir -p build
  exec 8>build/.setup.lock
  flock 8
  setup_debian "${@:2}"
  setup_python "$1"
  exec 8>&-
}

setup_toolchain() { set_up requirements-dev.txt "${debian_packages[@]}"; }
setup_demo() { set_up requirements-demo.txt "${module_packages[@]}"; }

go_is_recent() {
  local version
  version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
  version=${version#go1.}
  [ "${version%%.*}" -ge 24 ] 2>/dev/null
}

install_go_server() {
  local name=$1 module=$2 staging
  staging=$(mktemp -d)
  GOTOOLCHAIN=local GOFLAGS=-buildvcs=false GOBIN=$staging go install -trimpath -ldflags '-s -w' "$module" &&
    mkdir -p "$server_bin" &&
    mv "$staging/$name" "$server_bin/$name-${module##*@}.new" &&
    mv "$server_bin/$name-${module##*@}.new" "$server_bin/$name-${module##*@}" &&
    rm -rf "$staging"
}

# The program alone, out of Debian's package: installed, it would begin to serve this machine's port 80.
unpack_nginx() {
  local staging
  staging=$(mktemp -d)
  (cd "$staging" && apt-get -q download nginx && dpkg -x nginx_*.deb .) &&
    mkdir -p "$server_bin" &&
    mv "$staging/usr/sbin/nginx" "$server_bin/nginx" &&
    rm -rf "$staging"
}

setup_nginx() {
  if command -v nginx >/dev/null || [ -x "$server_bin/nginx" ]; then return 0; fi
  command -v dpkg >/dev/null || { echo "  skipped: nginx (neither installed nor a Debian system)"; return 3; }
  step "nginx (Debian)" unpack_nginx
}

# Besides it npm brings 450 packages: they stand apart, and nothing of them is run by being installed.
install_azurite() {
  local staging
  mkdir -p "$server_bin" && staging=$(mktemp -d "$server_bin/azurite.XXXXXX") &&
    npm install --prefix "$staging" --no-audit --no-fund --omit=dev --ignore-scripts "azurite@$azurite_version" &&
    rm -rf "$server_bin/azurite-$azurite_version" &&
    mv "$staging" "$server_bin/azurite-$azurite_version"
}

setup_azurite() {
  [ ! -d "$server_bin/azurite-$azurite_version" ] || return 0
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "  skipped: azurite (needs node and npm)"
    return 3
  fi
  step "azurite $azurite_version (npm)" install_azurite
}

unpack_apache() {
  local staging
  staging=$(mktemp -d)
  (cd "$staging" && apt-get -q download apache2-bin libapr1 libaprutil1 && for package in *.deb; do dpkg -x "$package" .; done) &&
    mkdir -p "$server_bin/apache.new/lib" &&
    mv "$staging/usr/sbin/apache2" "$staging/usr/lib/apache2/modules" "$server_bin/apache.new" &&
    mv "$staging"/usr/lib/*/libapr* "$staging"/usr/lib/*/apr-util-1 "$server_bin/apache.new/lib" &&
    mv "$server_bin/apache.new" "$server_bin/apache" &&
    rm -rf "$staging"
}

setup_apache() {
  if [ -x /usr/sbin/apache2 ] || [ -x "$server_bin/apache/apache2" ]; then return 0; fi
  command -v dpkg >/dev/null || { echo "  skipped: apache (neither installed nor a Debian system)"; return 3; }
  step "Apache (Debian)" unpack_apache
}

# Leaves the program at $server_bin/NAME-VERSION; returns 3 where there is no Go to build it with.
setup_server() {
  local name=${1%-tls} variable module program
  if [ "$name" = nginx ]; then setup_nginx; return; fi
  if [ "$name" = azurite ]; then setup_azurite; return; fi
  if [ "$name" = apache ]; then setup_apache; return; fi
  variable=${name//-/_}_module
  module=${!variable:-}
  [ -n "$module" ] || return 0
  program=$(basename "${module%@*}")
  [ ! -x "$server_bin/$program-${module##*@}" ] || return 0
  go_is_recent || { echo "  skipped: $name (needs Go 1.24 or later to build)"; return 3; }
  step "$name ${module##*@} (Go, minutes the first time)" install_go_server "$program" "$module"
}

setup_servers() { # NAME...
  local name status
  for name in "$@"; do
    status=0
    setup_server "$name" || status=$?
    [ "$status" = 0 ] || [ "$status" = 3 ] || return "$status"
  done
}

# What is compiled takes the processors, what is installed mostly waits for the network: beside each other, but for what Debian
# packs, which has one lock. What fails beside, as for a package that came too late, is tried once more.
setup_all() {
  local built=(versitygw minio fake-gcs azurite) log status=0
  log=$(mktemp)
  setup_toolchain >"$log" 2>&1 &
  setup_servers "${built[@]}" || status=$?
  if ! wait $!; then
    cat "$log" >&2
    return 1
  fi
  cat "$log"
  rm -f "$log"
  [ "$status" = 0 ] || setup_servers "${built[@]}"
  setup_servers nginx apache
}
