#!/usr/bin/env bash
# Builds a program of the Rust crate `curl`, which finds libcurl with pkg-config. Usage: rust_curl.sh PREFIX FOLDER PYTHON
set -euo pipefail

prefix=$1 folder=$2 python=$3
here=$(cd "$(dirname "$0")" && pwd)

skip() { echo "the crate curl: $*"; echo "0 passed, 0 failed, 1 skipped"; exit; }

mkdir -p "$folder"
cp -r "$here/rust_curl/." "$folder"
cd "$folder"
unset CARGO_TARGET_DIR
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
cargo fetch --quiet || skip "it is not to be had"
cargo build --quiet

rm -f server.port
exec {hold}> >("$python" "$here/../echo_server.py" >server.port)
while [ ! -s server.port ]; do sleep 0.1; done
target/debug/rust-curl "ws://127.0.0.1:$(cat server.port)"
