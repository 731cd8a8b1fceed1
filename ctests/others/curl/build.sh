#!/usr/bin/env bash
# Fetches the source of curl and builds from it what its tests need into FOLDER/build: build.sh FOLDER. The library is one with debugging code, as
# many of the tests want. Where the source or a tool is not to be had, the exit status is 75.
set -euo pipefail

folder=$1
# That of Debian 13.
version=8.14.1
sha256=6766ada7101d292b42b8b15681120acd68effa4a9660935853cf6d61f0d984d4
archive=$folder/curl-$version.tar.gz
sources=(
    "https://deb.debian.org/debian/pool/main/c/curl/curl_$version.orig.tar.gz"
    "https://curl.se/download/curl-$version.tar.gz"
)

skip() {
    echo "curl's own tests: $*" >&2
    exit 75
}

is_whole() { echo "$sha256  $archive" | sha256sum --check --status; }

[ "$folder/built" -nt "$0" ] && exit
for tool in curl cmake perl; do command -v $tool >/dev/null || skip "there is no $tool"; done
mkdir -p "$folder"
[ -e "$archive" ] || for url in "${sources[@]}"; do
    curl --silent --fail --location --max-time 300 --output "$archive" "$url" && is_whole && break
done
if ! is_whole; then
    rm -f "$archive"
    skip "the source of curl $version is not to be had"
fi
rm -rf "$folder/source" "$folder/build"
mkdir "$folder/source"
tar xf "$archive" -C "$folder/source" --strip-components 1
{
    cmake -S "$folder/source" -B "$folder/build" -DENABLE_DEBUG=ON -DENABLE_CURLDEBUG=OFF -DCMAKE_C_FLAGS=-O1 -DCMAKE_UNITY_BUILD=ON \
        -DCURL_TEST_BUNDLES=ON -DCMAKE_SKIP_RPATH=ON -DBUILD_SHARED_LIBS=ON -DBUILD_STATIC_LIBS=OFF -DCURL_LIBCURL_VERSIONED_SYMBOLS=ON \
        -DBUILD_LIBCURL_DOCS=OFF -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF -DBUILD_EXAMPLES=OFF -DCURL_USE_OPENSSL=ON \
        -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DUSE_NGHTTP2=OFF -DUSE_LIBIDN2=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF \
        -DCURL_DISABLE_LDAP=ON &&
        cmake --build "$folder/build" --parallel 2 --target curl curlinfo servers libtests test-http-clients
} >"$folder/log" 2>&1 || {
    tail -n 20 "$folder/log" >&2
    exit 1
}
touch "$folder/built"
