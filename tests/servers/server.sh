# Sourced by each script of this folder, which first says what its server is:
#   name, scheme (http or https), access_key, secret_key, ready_path, run() (becomes the server, with $port and $data); and,
#   where it keeps things elsewhere than in its folder, clean_up().
# Then `serve "$@"` does start (once ready, prints the environment that tests read), stop or status. Loopback only.
set -euo pipefail
servers=${GENRO_SERVERS_DIR:-${TMPDIR:-/tmp}/genro-servers-${USER:-$(id -un)}}
server_bin=${XDG_CACHE_HOME:-$HOME/.cache}/genro-storage/servers
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# The program of a Go server, as ./dev setup left it: the newest if a new version was pinned meanwhile.
go_program() {
  local program
  program=$(ls -t "$server_bin/$1"-v* 2>/dev/null | head -n 1)
  [ -n "$program" ] || { echo "$1 is not built: ./dev setup (Go 1.24 or later)" >&2; return 1; }
  echo "$program"
}

free_port() {
  local port
  while :; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000)) # below the range that the kernel gives to clients
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# A throwaway authority and a certificate for 127.0.0.1 and localhost: authority.pem, server.pem, server.key.
make_certificate() {
  local where=$1 subject=/CN=127.0.0.1
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=test authority" \
    -keyout "$where/authority.key" -out "$where/authority.pem" \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" \
    -keyout "$where/server.key" -out "$where/server.csr" 2>/dev/null
  openssl x509 -req -in "$where/server.csr" -CA "$where/authority.pem" -CAkey "$where/authority.key" -days 30 \
    -set_serial 2 -out "$where/server.pem" \
    -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost") 2>/dev/null
}

is_running() { [ -s "$state/pid" ] && kill -0 "$(cat "$state/pid")" 2>/dev/null; }

# request PATH [curl options]
request() {
  local authority=()
  [ "$scheme" = http ] || authority=(--cacert "$state/authority.pem")
  curl -sS --fail --noproxy '*' --max-time 10 "${authority[@]}" "${@:2}" "$scheme://127.0.0.1:$(cat "$state/port")$1"
}

is_ready() { request "$ready_path" -o /dev/null 2>/dev/null; }

# Two empty buckets, one of them with versions: what tests need and nobody should have to make by hand.
make_buckets() {
  local sign=(--user "$access_key:$secret_key" --aws-sigv4 "aws:amz:us-east-1:s3") empty versions
  empty=$(printf '' | sha256sum | cut -d' ' -f1)
  make_bucket genro-test && make_bucket genro-test-versions || return 1
  versions='<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
  again request '/genro-test-versions?versioning=' -X PUT "${sign[@]}" -d "$versions" -H 'content-type: application/xml' \
    -H "x-amz-content-sha256: $(printf %s "$versions" | sha256sum | cut -d' ' -f1)"
}

# A server that says it is ready may still refuse for a moment. A bucket is there when it is found, whatever PUT said.
make_bucket() {
  again bucket_is_there "$1"
}
bucket_is_there() { # in make_buckets()
  request "/$1" -X PUT "${sign[@]}" -H "x-amz-content-sha256: $empty"
  request "/$1" --head "${sign[@]}" -H "x-amz-content-sha256: $empty" -o /dev/null
}
again() { # COMMAND..., until it succeeds, for half a minute
  local tick
  for tick in $(seq 150); do
    if "$@"; then return; fi
    sleep 0.2
  done
  return 1
}

environment() {
  local prefix=GENRO_TEST_${name^^}
  prefix=${prefix//-/_}
  echo "$prefix=$scheme://127.0.0.1:$(cat "$state/port")"
  echo "${prefix}_ACCESS_KEY=$access_key"
  echo "${prefix}_SECRET_KEY=$secret_key"
  echo "${prefix}_REGION=us-east-1"
  echo "${prefix}_BUCKET=genro-test"
  echo "${prefix}_VERSIONED_BUCKET=genro-test-versions"
  [ "$scheme" = http ] || echo "${prefix}_CA=$state/authority.pem"
}

start() {
  local attempt tick
  if is_running && is_ready; then environment; return; fi
  stop
  mkdir -p -m 700 "$servers" "$state/data"
  [ "$scheme" = http ] || make_certificate "$state"
  for attempt in 1 2 3; do # another program may take the port between the look and the bind
    port=$(free_port)
    echo "$port" >"$state/port"
    set -m # a process group of its own: Ctrl-C in this terminal is not for the server
    (data=$state/data; cd "$state"; exec </dev/null >"$state/log" 2>&1; close_descriptors; run) &
    echo $! >"$state/pid"
    set +m
    for tick in $(seq 300); do
      if is_ready; then
        if make_buckets >>"$state/log" 2>&1; then environment; return; fi
        break
      fi
      is_running || break
      sleep 0.1
    done
    stop_process
  done
  echo "$name did not become ready; its log:" >&2
  tail -n 40 "$state/log" >&2
  return 1
}

# The caller may hold locks or pipes open (ninja's, flock's): a server that inherits them keeps them for ever.
close_descriptors() {
  local descriptor
  for descriptor in /proc/self/fd/*; do
    descriptor=${descriptor##*/}
    if [ "$descriptor" -gt 2 ]; then eval "exec $descriptor>&-" 2>/dev/null || true; fi
  done
}

stop_process() {
  local pid tick
  is_running || return 0
  pid=$(cat "$state/pid")
  kill "$pid" 2>/dev/null || true
  for tick in $(seq 50); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
}

stop() {
  stop_process
  ! declare -F clean_up >/dev/null || clean_up
  rm -rf "$state"
}

serve() {
  state=$servers/$name
  case "${1:-start}" in
    start) start ;;
    stop) stop ;;
    status)
      if is_running && is_ready; then environment; else echo "$name is not running" >&2; return 1; fi ;;
    *) echo "usage: $0 start|stop|status" >&2; return 2 ;;
  esac
}
