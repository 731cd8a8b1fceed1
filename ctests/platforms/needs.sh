# What the scripts here need, for those that have set $build and $python. Where it can't be had, they say so, and the part counts as
# skipped.

skip() {
  printf 'skipped: %s\n1 skipped\n' "$1"
  exit 0
}

need_target() {
  local installed unreachable=$build/platforms/unreachable
  installed=$(rustc --print target-libdir --target "$1" 2>/dev/null) || skip "rustc does not know the target $1"
  [ -z "$(ls "$installed"/libstd-*.rlib 2>/dev/null)" ] || return 0
  # A server that does not answer is not asked again at once.
  if [ -n "$(find "$unreachable" -mmin -10 2>/dev/null)" ] || ! timeout 120 rustup target add "$1" >/dev/null 2>&1; then
    mkdir -p "${unreachable%/*}"
    touch "$unreachable"
    skip "target $1 can't be had"
  fi
}

need_program() { # PROGRAM DEBIAN-PACKAGE
  command -v "$1" >/dev/null || skip "there is no $1 (package $2)"
}

need_zig() {
  "$python" -m ziglang version >/dev/null 2>&1 || "$python" -m pip install --quiet ziglang || skip "there is no zig (PyPI's ziglang)"
}

need_lld() {
  lld=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/rust-lld
  [ -x "$lld" ] || skip "rustc has no rust-lld"
}

# Makes the compilers $cc and $cxx for a target of zig's. cargo gives options that zig does not know.
zig_compilers() {
  local name
  ar=$(command -v ar) cc=$here/cc cxx=$here/c++
  for name in cc c++; do
    cat >"$here/$name" <<END
#!/usr/bin/env bash
# Asked for its version, zig leaves a file behind.
[ "\$*" != --version ] || cd "$here"
arguments=()
while [ \$# -gt 0 ]; do
  case \$1 in
  --target=* | -mmacosx-version-min=* | -gfull) ;;
  -arch) shift ;;
  *) arguments+=("\$1") ;;
  esac
  shift
done
exec $(realpath -s "$python") -m ziglang $name -target $1 "\${arguments[@]}"
END
    chmod +x "$here/$name"
  done
}

# Makes $archive, the static library, in a way that compiles fast.
build_archive() { # TARGET DIRECTORY
  export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_INCREMENTAL=false \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=0
  env "CC_${1//-/_}=$cc" "AR_${1//-/_}=$ar" cargo rustc --quiet --release --locked -p wscurl --lib --target "$1" --target-dir "$2" \
    --crate-type staticlib
  archive=$2/$1/release/libwscurl.a
}
