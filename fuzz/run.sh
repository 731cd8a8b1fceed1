#!/usr/bin/env bash
# run.sh SECONDS TARGET...: runs each target that long; prints its executions and findings. Fails if there are any.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=$1
shift
rustup toolchain list | grep -q ^nightly || rustup toolchain install nightly --profile minimal
cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")/fuzz
export CARGO_TARGET_DIR
cargo +nightly fuzz build

findings=0
for target in "$@"; do
  # What the fuzzer adds stays out of the corpus that is committed.
  work=build/fuzz/$target
  mkdir -p "$work/corpus" "$work/found"
  before=$(find "$work/found" -type f | wc -l)
  cargo +nightly fuzz run "$target" "$work/corpus" "fuzz/corpus/$target" -- \
    -artifact_prefix="$work/found/" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    >"$work/log" 2>&1 || true
  found=$(($(find "$work/found" -type f | wc -l) - before))
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
  printf '%-12s %12s executions, %s findings\n' "$target" "${executions:-no}" "$found"
  if [ "$found" != 0 ] || [ -z "$executions" ]; then
    findings=1
    echo "  see $work/log and $work/found/"
  fi
done
exit $findings
