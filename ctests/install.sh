#!/bin/sh
# Installs what the tests need and what they can use: with apt-get where that can be done, else it says what is missing.
set -eu

missing= useful=
need() { # PACKAGE COMMAND...
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
can_use() { # PACKAGE COMMAND...
    package=$1
    shift
    "$@" >/dev/null 2>&1 || useful="$useful $package"
}

need gcc cc --version
need g++ c++ --version
need pkg-config pkg-config --version
need libssl-dev pkg-config --exists openssl
need zlib1g-dev pkg-config --exists zlib
need openssl openssl version
need valgrind valgrind --version
need strace strace --version
need python3-venv python3 -c 'import venv, ensurepip'
need cmake cmake --version
can_use tinyproxy-bin command -v tinyproxy
can_use squid test -x /usr/sbin/squid
can_use microsocks command -v microsocks
can_use dante-server test -x /usr/sbin/danted
can_use libnss-wrapper sh -c 'ls /usr/lib/*/libnss_wrapper.so'
can_use stunnel4 command -v stunnel
can_use apache2-bin apache2 -v
can_use nginx-light nginx -v
can_use libcurl4-openssl-dev pkg-config --exists libcurl
can_use curl curl --version
can_use libevent-dev pkg-config --exists libevent
can_use libuv1-dev pkg-config --exists libuv
can_use python3-pycurl /usr/bin/python3 -c 'import pycurl'
can_use git git --version
can_use perl perl -e 'use Time::HiRes; use Digest::MD5'
can_use tmux tmux -V
can_use qemu-user-static command -v qemu-riscv64-static
can_use g++-aarch64-linux-gnu command -v aarch64-linux-gnu-g++
can_use g++-riscv64-linux-gnu command -v riscv64-linux-gnu-g++
can_use php-cli php --version
can_use transmission-cli transmission-cli --version
can_use rtorrent rtorrent -h
can_use r-cran-curl Rscript -e 'library(curl)'
can_use php-curl php -r 'exit(function_exists("curl_init") ? 0 : 1);'

[ -n "$missing$useful" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing $useful
    exit
fi
if [ -n "$useful" ]; then
    echo "Some tests are skipped without these packages (named as Debian does):$useful" >&2
fi
if [ -n "$missing" ]; then
    echo "The tests need these packages (named as Debian does):$missing" >&2
    exit 1
fi
