#!/usr/bin/env bash
# Compiles the library for systems whose programs can't run here: check.sh TARGET...
# TARGET is one of rustc's for macOS or FreeBSD. zig (from PyPI) is the compiler of the C parts.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${BUILD:-build}
python=$build/ctests/venv/bin/python
. ctests/platforms/needs.sh

check() {
  local target=$1 here processor=${1%%-*}
  here=$(realpath -m "$build/platforms/$target")
  mkdir -p "$here"
  need_target "$target"
  need_zig
  case $target in
  *-apple-darwin) zig_compilers "$processor-macos" ;;
  *-freebsd) zig_compilers "$processor-freebsd" ;;
  esac
  # One directory for all, so that what runs here is built once.
  env "CC_${target//-/_}=$cc" "AR_${target//-/_}=$ar" \
    cargo check --quiet --locked -p wscurl --target "$target" --target-dir "$build/platforms/checked"
}

failed=0
for target in "$@"; do
  if report=$(check "$target" 2>&1); then
    # skipped where the last line says so
    case $report in *" skipped") echo "$target: $report" ;; *) printf '%s compiles\n1 passed\n' "$target" ;; esac
  else
    printf '%s\n%s does not compile\n1 failed\n' "$report" "$target"
    failed=1
  fi
done
exit $failed
