#!/usr/bin/env bash
# Builds the shared library for systems whose programs can't run here, and looks at what it exports: check.sh TARGET...
# TARGET is one of rustc's for macOS or FreeBSD. zig (from PyPI) is the C compiler and has the systems' headers and libraries. It ignores
# lists of exports: Mach-O is linked by LLVM's linker, which comes with Rust.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${BUILD:-build}
python=$build/ctests/venv/bin/python
. ctests/platforms/needs.sh

# Makes $link, which is to the Makefile what cc is on macOS.
macos_linker() { # PROCESSOR
  local zig
  zig=$("$python" -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__))')
  # LLVM does not know all processors that zig's description of the system's library names.
  sed 's/arm64e\.x1-/arm64-/g' "$zig/lib/libc/darwin/libSystem.tbd" >"$here/libSystem.tbd"
  link=$here/link
  cat >"$link" <<END
#!/usr/bin/env bash
arguments=()
for argument; do
  case \$argument in
  -dynamiclib) arguments+=(-dylib) ;;
  -Wl,*) IFS=, read -ra words <<<"\${argument#-Wl,}" && arguments+=("\${words[@]}") ;;
  *) arguments+=("\$argument") ;;
  esac
done
exec $lld -flavor darwin -arch ${1/aarch64/arm64} -platform_version macos 15.0 15.0 "\${arguments[@]}" -L "$here" -lSystem
END
  chmod +x "$link"
}

# Makes $link, which is to the Makefile what cc is on FreeBSD. zig links no relocatable objects.
freebsd_linker() {
  link=$here/link
  cat >"$link" <<END
#!/usr/bin/env bash
arguments=()
for argument; do
  case "\$1 \$argument" in
  "-r -nostdlib") ;;
  "-r -Wl,"*) IFS=, read -ra words <<<"\${argument#-Wl,}" && arguments+=("\${words[@]}") ;;
  *) arguments+=("\${argument/,-Bsymbolic-functions/}") ;; # which zig does not know
  esac
done
[ "\$1" != -r ] || exec $lld -flavor gnu "\${arguments[@]}"
exec $cc "\${arguments[@]}" -lunwind
END
  chmod +x "$link"
}

check() {
  local target=$1 processor=${1%%-*} here library system
  here=$(realpath -m "$build/platforms/$target")
  mkdir -p "$here"
  need_target "$target"
  need_zig
  need_lld
  case $target in
  *-apple-darwin) system=macos library=$here/libwscurl.4.dylib ;;
  *-freebsd) system=freebsd library=$here/libwscurl.so.4 ;;
  esac
  zig_compilers "$processor-$system"
  "${system}_linker" "$processor"
  # One directory for all, so that what runs here is built once.
  build_archive "$target" "$(realpath -m "$build/platforms/checked")"
  rm -f "$library"
  make --no-print-directory CC="$link" ARCHIVE="$archive" BUILD="$here" CARGO=true "$library"
  "$python" ctests/platforms/exports.py "$library"
  "$cc" -std=gnu99 -Wall -Wextra -Werror -o "$here/demo" ctests/demo.c -Iinclude "$library"
}

failed=0
for target in "$@"; do
  # Not as a condition, in which a command that fails would not end it.
  set +e
  report=$(set -e; check "$target" 2>&1)
  status=$?
  set -e
  if [ $status = 0 ]; then
    # skipped where the last line says so
    case $report in *" skipped") echo "$target: $report" ;; *) printf '%s: the library links and exports what it should\n1 passed\n' "$target" ;; esac
  else
    printf '%s\n%s: the library is not as it should be\n1 failed\n' "$report" "$target"
    failed=1
  fi
done
exit $failed
