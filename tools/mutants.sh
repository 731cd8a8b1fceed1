#!/usr/bin/env bash
# mutants.sh [ARGUMENT...]: cargo-mutants over src/ws, with its unit tests, in a crate of its own that builds in a second. The arguments
# are for `cargo mutants`. What it found is in build/mutants/mutants.out/.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo mutants --version >/dev/null 2>&1 || cargo install --locked cargo-mutants

crate=build/mutants
rm -rf "$crate/src"
mkdir -p "$crate/src"
cp -R src/ws "$crate/src/ws"
cp Cargo.lock "$crate/"
# What only the rest of the library uses is unused here.
printf '#![allow(dead_code, unused_imports)]\nmod ws;\n' >"$crate/src/lib.rs"
cat >"$crate/Cargo.toml" <<TOML
[workspace]

[package]
name = "ws"
version = "0.0.0"
edition = "2024"

[features]
fuzzing = []

[dependencies]
$(grep -E '^(base64|flate2|sha1) = ' Cargo.toml)

[profile.dev]
debug = false

# The tests deflate and inflate much.
[profile.dev.package."*"]
opt-level = 3
TOML

unset CARGO_TARGET_DIR
cargo mutants --config tools/mutants.toml --dir "$crate" --output "$crate" --jobs 1 --minimum-test-timeout 10 --copy-target true --colors never "$@" -- --lib
