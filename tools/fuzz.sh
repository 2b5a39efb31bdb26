# Sourced by ./dev: ./dev fuzz TARGET [SECONDS] starts from the seeds in tests/fuzz/corpus; what it finds, new inputs and
# crashes, stays in build/fuzz/found. The arguments are checked before anything is built: that takes minutes.
fuzz_targets() {
  local source
  for source in "$root"/tests/fuzz/*_fuzz.cc; do
    source=${source##*/}
    echo "${source%_fuzz.cc}"
  done
}

check_fuzz() {
  local wanted=$1 seconds=${2:-60}
  if ! one_of "$wanted" all $(fuzz_targets); then
    echo "./dev fuzz: no target '$wanted'; there are: $(echo all $(fuzz_targets))" >&2
    return 2
  fi
  if ! [[ $seconds =~ ^[1-9][0-9]*$ ]] || [ $# -gt 2 ]; then
    usage_of fuzz >&2
    return 2
  fi
}

run_fuzz() {
  local wanted=$1 seconds=${2:-60} target passed=0 failed=0
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  for target in $(fuzz_targets); do
    [ "$wanted" = all ] || [ "$wanted" = "$target" ] || continue
    if fuzz_one "$target" "$seconds"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

fuzz_one() {
  local target=$1 seconds=$2 found=build/fuzz/found/$1 corpus=build/fuzz/found/$1/corpus seeds=tests/fuzz/corpus/$1 runs
  local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1
    "-artifact_prefix=$found/")
  mkdir -p "$corpus" "$seeds"
  if [ -f "tests/fuzz/$target.dict" ]; then options+=("-dict=tests/fuzz/$target.dict"); fi
  if "build/fuzz/tests/fuzz/fuzz_$target" "${options[@]}" "$corpus" "$seeds" >"$found/log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log")
    printf '  %-24s %12s runs, %s inputs in the corpus\n' "$target" "$runs" "$(find "$corpus" -type f | wc -l)"
  else
    printf '  %-24s FAILED, see %s\n' "$target" "$found"
    tail -n 60 "$found/log"
    return 1
  fi
}
