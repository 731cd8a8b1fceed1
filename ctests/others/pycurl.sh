#!/usr/bin/env bash
# The WebSocket tests of pycurl, from its source package. Usage: pycurl.sh PREFIX FOLDER
set -euo pipefail

prefix=$1 folder=$2
version=7.49.0

skip() { echo "pycurl: $*"; echo "0 passed, 0 failed, 1 skipped"; exit; }

mkdir -p "$folder"
cd "$folder"
[ -d venv ] || python3 -m venv venv
pip() { venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }
pip download --no-deps --no-binary :all: "pycurl==$version" || skip "there is no source package to be had"
rm -rf source && mkdir source && tar xf "pycurl-$version.tar.gz" -C source --strip-components 1
pip install pytest pytest-timeout flaky websockets flask || skip "there are no packages for its tests to be had"
PYCURL_CURL_CONFIG="$prefix/bin/curl-config" pip install --force-reinstall --no-deps --no-cache-dir "./source"

export LD_LIBRARY_PATH=$prefix/lib
cd source
../venv/bin/python -c 'import pycurl; print(pycurl.version); assert "wscurl/" in pycurl.version'
# The test that is left out is one of http.
../venv/bin/python -m pytest -q --timeout 60 -p no:cacheprovider tests/test_websocket.py tests/test_websocket_callback.py \
    --deselect tests/test_websocket_callback.py::test_ws_meta_none_in_http_callback
