#!/bin/sh
# Runs one stage of a build and says how long it took. Usage: tools/stage.sh NAME COMMAND [ARGUMENT...]
name=$1
shift
start=$(date +%s)
"$@"
status=$?
if [ $status -eq 0 ]; then result=done; else result="failed with exit code $status"; fi
echo "== $name: $result, $(($(date +%s) - start)) s"
exit $status
