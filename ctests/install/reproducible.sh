#!/usr/bin/env bash
# Builds the working tree in two folders of different names and depths, each with a CARGO_HOME of its own: the libraries must be equal.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
home=${CARGO_HOME:-$HOME/.cargo}

copy() { # FOLDER CARGO_HOME
    mkdir -p "$1" "$2/registry"
    git ls-files -z | xargs -0 cp --parents -t "$1"
    # What was downloaded already, as it was downloaded.
    for part in registry/cache registry/index config.toml; do
        if [ -e "$home/$part" ]; then cp -r "$home/$part" "$2/$part"; fi
    done
}

build() { # FOLDER CARGO_HOME
    env -u CARGO_TARGET_DIR CARGO_HOME="$2" make -C "$1" >"$1/make.log" 2>&1 || { tail -20 "$1/make.log" >&2; exit 1; }
    (cd "$1/build" && sha256sum libwscurl.a libwscurl.so.4 namesake/libcurl.so.4 drop-in/libcurl.so.4 drop-in/libcurl-gnutls.so.4)
}

copy "$work/a" "$work/cargo"
copy "$work/another/much/deeper/folder" "$work/homes/of/cargo"
build "$work/a" "$work/cargo" | tee "$work/first"
build "$work/another/much/deeper/folder" "$work/homes/of/cargo" | tee "$work/second"
if cmp "$work/first" "$work/second"; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; exit 1; fi
