#!/bin/sh
# Builds libcurl.so.4 from the source in the crate curl-sys: build_libcurl.sh FOLDER [CMake options]. The library is FOLDER/lib/libcurl.so.4.
set -eu

folder=$1
shift
rm -rf "$folder"
mkdir -p "$folder"
metadata=$(cargo metadata --locked --format-version 1)
manifest=$(printf %s "$metadata" | python3 -c '
import json, sys
print(next(package["manifest_path"] for package in json.load(sys.stdin)["packages"] if package["name"] == "curl-sys"))')
# The crate leaves out the documentation, which CMake wants to see.
cp -R "$(dirname "$manifest")/curl" "$folder/source"
mkdir -p "$folder/source/docs/examples"
touch "$folder/source/docs/CMakeLists.txt" "$folder/source/docs/examples/CMakeLists.txt"
{
    cmake -S "$folder/source" -B "$folder" -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DBUILD_CURL_EXE=OFF -DBUILD_EXAMPLES=OFF \
        -DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF -DBUILD_TESTING=OFF -DCURL_USE_OPENSSL=ON \
        -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DUSE_NGHTTP2=OFF -DUSE_LIBIDN2=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF \
        -DCURL_DISABLE_LDAP=ON -DCURL_LIBCURL_VERSIONED_SYMBOLS=ON "$@" &&
        cmake --build "$folder" --parallel 2
} >"$folder/log" 2>&1 || {
    tail -n 20 "$folder/log" >&2
    exit 1
}
