#!/usr/bin/env bash
# ./dev fuzz [TARGET] [SECONDS]: starts from the seeds in tests/fuzz/corpus; what it finds, new inputs and crashes, stays in build/fuzz/found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
wanted=${1:-all} seconds=${2:-60}
if [[ $wanted =~ ^[0-9]+$ ]]; then seconds=$wanted wanted=all; fi
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
passed=0 failed=0
for program in build/fuzz/tests/fuzz/fuzz_*; do
  [ -f "$program" ] && [ -x "$program" ] || continue
  target=${program##*/fuzz_}
  [ "$wanted" = all ] || [ "$wanted" = "$target" ] || continue
  found=build/fuzz/found/$target corpus=build/fuzz/found/$target/corpus seeds=tests/fuzz/corpus/$target
  mkdir -p "$corpus" "$seeds"
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 "-artifact_prefix=$found/")
  if [ -f "tests/fuzz/$target.dict" ]; then options+=("-dict=tests/fuzz/$target.dict"); fi
  if "$program" "${options[@]}" "$corpus" "$seeds" >"$found/log" 2>&1; then
    passed=$((passed + 1))
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log")
    printf '  %-24s %12s runs, %s inputs in the corpus\n' "$target" "$runs" "$(find "$corpus" -type f | wc -l)"
  else
    failed=$((failed + 1))
    printf '  %-24s FAILED, see %s\n' "$target" "$found"
    tail -n 60 "$found/log"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
