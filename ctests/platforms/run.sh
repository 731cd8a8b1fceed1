#!/usr/bin/env bash
# Builds the library for another platform and runs the C tests there: run.sh TARGET [PYTEST ARGUMENT...]
# TARGET is a musl target of rustc. zig (from PyPI) is its C compiler, and qemu runs what this processor can't.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=$1
shift
build=${BUILD:-build}
python=$build/ctests/venv/bin/python
here=$(realpath -m "$build/platforms/$target")
processor=${target%%-*}
mkdir -p "$here/ours"

"$python" -m ziglang version >/dev/null 2>&1 || "$python" -m pip install --quiet ziglang
rustup target add "$target"

# cargo gives a --target of its own, which zig does not know.
compiler() {
  cat >"$here/$1" <<END
#!/usr/bin/env bash
for argument; do
  shift
  case \$argument in --target=*) ;; *) set -- "\$@" "\$argument" ;; esac
done
exec $(realpath -s "$python") -m ziglang $1 -target $processor-linux-musl "\$@"
END
  chmod +x "$here/$1"
}
compiler cc
compiler c++

export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
CC=$here/cc AR="$(command -v ar)" cargo build --release --locked -p wscurl --target "$target" --target-dir "$here/target"
library=$here/target/$target/release/libwscurl.a

# A program for another processor is started by a script under its name.
program() {
  local name=$1 compiler=$2 standard=$3
  shift 3
  local binary=$here/ours/$name
  [ "$processor" = "$(uname -m)" ] || binary=$binary.$processor
  [ "$binary" -nt "$library" ] && [ "$binary" -nt "$1" ] && return
  "$here/$compiler" -std="$standard" -D_GNU_SOURCE -Wno-macro-redefined -O1 -g -static -pthread -o "$binary" "$@" -Iinclude "$library" -lunwind -lm
  if [ "$binary" != "$here/ours/$name" ]; then
    printf '#!/bin/sh\nexec qemu-%s-static %s "$@"\n' "$processor" "$binary" >"$here/ours/$name"
    chmod +x "$here/ours/$name"
  fi
}
program driver cc gnu99 ctests/driver*.c
program demo cc gnu99 ctests/demo.c
for source in ctests/programs/*.c; do
  # It takes the place of glibc's allocator.
  [ "$source" != ctests/programs/allocations.c ] || continue
  program "$(basename "$source" .c)" cc gnu99 "$source"
done
for source in ctests/programs/*.cpp; do
  program "$(basename "$source" .cpp)" c++ gnu++17 "$source"
done

# Left out: what preloads something, or counts what glibc and x86-64 do; musl's pthread_exit() runs no C++ destructors.
left_out=(--ignore ctests/test_allocations.py --ignore ctests/test_faults.py --ignore ctests/test_instructions.py -k "not -exit]")
if [ "$processor" != "$(uname -m)" ]; then
  # qemu ignores MADV_WIPEONFORK, seccomp and debuggers. Callbacks may be left by exceptions on x86-64 only.
  left_out+=(--ignore ctests/test_fork.py --ignore ctests/test_left_callbacks.py)
fi
CTESTS_DIR=$here TEST_PATIENCE=${TEST_PATIENCE:-4} exec "$python" -m pytest -q -n 2 --timeout 300 ctests "${left_out[@]}" "$@"
