#!/bin/sh
# Prints what events and idle connections cost with this library, and with libcurl where a program of it is there.
# scale.sh FOLDER: where the programs `scale`, `scale-oracle` and `echo` are.
cd "$1" || exit 1
sizes=${SIZES:-100 1000 5000 10000}
row() { # program mode connections rounds
  line=$("./$1" "$2" "$3" "$4") || line="- - failed - - -"
  echo "$line" | { read -r _ _ cpu heap rss open; printf ' %9s %10s %10s %8s' "$cpu" "$heap" "$rss" "$open"; }
}
head=' %9s %10s %10s %8s'
printf "%-13s %11s |$head |$head\n" '' '' wscurl '' '' '' libcurl '' '' ''
printf "%-13s %11s |$head |$head\n" mode connections us/event heap/conn RSS/conn open/s us/event heap/conn RSS/conn open/s
for mode in perform socket connect-only; do
  for size in $sizes; do
    printf '%-13s %11s |' "$mode" "$size"
    row scale "$mode" "$size" 1000
    printf ' |'
    if [ -x scale-oracle ]; then
      rounds=500
      [ "$mode" = perform ] && rounds=$((50000 / size + 10))
      row scale-oracle "$mode" "$size" "$rounds"
    fi
    echo
  done
done
