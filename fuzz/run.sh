#!/bin/sh
# Builds the fuzz targets and runs each for a while: fuzz/run.sh SECONDS [TARGET ...]
# Ends with an error at the first finding; the input that caused it is then in <build folder>/found/.
# New inputs of interest go to <build folder>/corpus/, not into the repository. DARKROOM_FUZZ_BUILD names that folder.
set -eu
seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET ...]}
shift
cd "$(dirname "$0")/.."
build=${DARKROOM_FUZZ_BUILD:-build/fuzz}
cmake --preset fuzz -B "$build" >/dev/null
cmake --build "$build" --target fuzz_targets
if [ $# -eq 0 ]; then
  set -- $(cd fuzz && ls ./*_fuzz.cpp | sed 's|^\./||; s|_fuzz\.cpp$||')
fi
for target in "$@"; do
  mkdir -p "$build/corpus/$target" "$build/found"
  echo "fuzz $target for $seconds s"
  log=$build/$target.log
  "$build/fuzz/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="$build/found/$target-" "$build/corpus/$target" "fuzz/corpus/$target" 2>"$log" || {
    tail -n 60 "$log"
    echo "fuzz $target: a finding, see $build/found"
    exit 1
  }
  grep -E 'stat::(number_of_executed_units|peak_rss_mb)' "$log"
done
