#!/bin/sh
# The demo: starts the demo server, lets the client talk to it over ws and wss, and stops it. With URLs as arguments it talks to those servers
# instead. Usage: demo.sh CLIENT SERVER [URL...]
set -eu

client=$1 server=$2
shift 2
if [ $# -gt 0 ]; then
    exec "$client" "$@"
fi

folder=$(mktemp -d)
mkfifo "$folder/in" "$folder/out"
"$server" "$folder/certificate.pem" <"$folder/in" >"$folder/out" &
# The server lives as long as its standard input.
exec 3>"$folder/in" 4<"$folder/out"
trap 'exec 3>&-; wait; rm -rf "$folder"' EXIT
read -r ws wss certificate <&4
"$client" --cacert "$certificate" "$ws/" "$wss/"
