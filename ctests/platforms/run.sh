#!/usr/bin/env bash
# Builds the library for another platform and runs the C tests there: run.sh TARGET [PYTEST ARGUMENT...]
# TARGET is one of rustc's for Linux. With musl, zig (from PyPI) is the C compiler, and the programs are static; with glibc it is Debian's
# cross compiler, and the programs have the shared library. qemu runs what this processor can't.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=$1
shift
build=${BUILD:-build}
python=$build/ctests/venv/bin/python
here=$(realpath -m "$build/platforms/$target")
processor=${target%%-*}
processor=${processor%gc}
mkdir -p "$here/ours"

. ctests/platforms/needs.sh
need_target "$target"
[ "$processor" = "$(uname -m)" ] || need_program "qemu-$processor-static" qemu-user-static

case $target in
*-musl)
  need_zig
  zig_compilers "$processor-linux-musl"
  link=(-static)
  ;;
*-gnu)
  need_program "$processor-linux-gnu-gcc" "gcc-${processor/_/-}-linux-gnu"
  need_program "$processor-linux-gnu-g++" "g++-${processor/_/-}-linux-gnu"
  cc=$processor-linux-gnu-gcc cxx=$processor-linux-gnu-g++ ar=$processor-linux-gnu-ar
  link=(-Wl,-rpath,"$here/lib")
  # where qemu finds the C library
  export QEMU_LD_PREFIX=/usr/$processor-linux-gnu
  ;;
esac

build_archive "$target" "$here/target"

library=$archive libraries=(-lunwind -lm)
if [[ $target = *-gnu ]]; then
  library=$here/lib/libwscurl.so.4 libraries=()
  mkdir -p "$here/lib"
  if ! [ "$library" -nt "$archive" ] || ! [ "$library" -nt Makefile ]; then
    make CC="$cc" OBJCOPY="$processor-linux-gnu-objcopy" AR="$ar" ARCHIVE="$archive" BUILD="$here/lib" CARGO=true "$library"
  fi
fi

# A program for another processor is started by a script under its name.
program() {
  local name=$1 compiler=$2 standard=$3
  shift 3
  local binary=$here/ours/$name
  [ "$processor" = "$(uname -m)" ] || binary=$binary.$processor
  [ "$binary" -nt "$library" ] && [ "$binary" -nt "$1" ] && return
  "$compiler" -std="$standard" -O1 -g -pthread "${link[@]}" -o "$binary" "$@" -Iinclude "$library" "${libraries[@]}"
  if [ "$binary" != "$here/ours/$name" ]; then
    printf '#!/bin/sh\nexec qemu-%s-static %s "$@"\n' "$processor" "$binary" >"$here/ours/$name"
    chmod +x "$here/ours/$name"
  fi
}
program driver "$cc" gnu99 ctests/driver*.c
program demo "$cc" gnu99 ctests/demo.c
for source in ctests/programs/*.c; do
  # It takes the place of glibc's allocator.
  [[ $source != ctests/programs/@(allocations|idle_memory).c ]] || continue
  program "$(basename "$source" .c)" "$cc" gnu99 "$source"
done
for source in ctests/programs/*.cpp; do
  program "$(basename "$source" .cpp)" "$cxx" gnu++17 "$source"
done

# Left out: what preloads something, or counts what glibc and x86-64 do.
left_out=(--ignore ctests/test_allocations.py --ignore ctests/test_faults.py --ignore ctests/test_instructions.py)
deselected=
# musl's pthread_exit() runs no C++ destructors.
[[ $target = *-gnu ]] || deselected="not -exit] and not -exit-"
if [ "$processor" != "$(uname -m)" ]; then
  # qemu ignores MADV_WIPEONFORK, so that children that pthread_atfork() does not see are not told apart, and seccomp, with which
  # registering descriptors is made to fail.
  deselected="${deselected:+$deselected and }not [_Fork] and not -_Fork] and not [clone] and not -clone] and not be_registered"
fi
CTESTS_DIR=$here TEST_PATIENCE=${TEST_PATIENCE:-4} exec "$python" -m pytest -q -n 2 --timeout 300 "${@:-ctests}" "${left_out[@]}" -k "$deselected"
