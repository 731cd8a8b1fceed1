#!/usr/bin/env bash
# Puts the libcurl of Debian's backports, which is newer than the system's, into FOLDER, without installing it: backports.sh FOLDER. Prints its
# file; where it is not to be had, nothing, and the reason on standard error.
set -euo pipefail

folder=$1
skip() { echo "libcurl of Debian's backports: $*" >&2; exit; }

command -v apt-get dpkg-deb >/dev/null || skip "this is not Debian"
# shellcheck disable=SC1091
. /etc/os-release
[ "$ID" = debian ] || skip "this is not Debian"
rm -rf "$folder"
mkdir -p "$folder/lists/partial" "$folder/cache"
cd "$folder"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] http://deb.debian.org/debian $VERSION_CODENAME-backports main" >sources.list
apt() {
    apt-get -q -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" \
        -o APT::Sandbox::User=root "$@" >>log 2>&1
}
apt update || skip "$VERSION_CODENAME-backports is not to be had"
apt download libcurl4t64 || apt download libcurl4 || skip "there is none for $VERSION_CODENAME"
dpkg-deb -x libcurl4*.deb .
library=$(echo "$PWD"/usr/lib/*/libcurl.so.4)
missing=$(ldd "$library" | sed -n 's/ => not found//p' | tr -d '\t' | tr '\n' ' ')
[ -z "$missing" ] || skip "it needs what is not installed: $missing"
echo "$library"
