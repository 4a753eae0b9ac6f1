#!/bin/sh
# Builds the web page into one file, web/dist.pack, which src/server builds into the program. Needs npm and node. Does
# nothing when the file was made from the sources as they are.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/web"
sources=$(find . -name node_modules -prune -o -name dist -prune -o -name dist.pack -prune -o -name dist.sources -prune \
  -o -path ./e2e -prune -o -type f -print | LC_ALL=C sort)
sum=$(cat $sources "$root/tools/pack_web.mjs" | sha256sum | cut -d' ' -f1)
if [ -f dist.pack ] && [ "$(cat dist.sources 2>/dev/null)" = "$sum" ]; then
  exit 0
fi

echo "set-up: building the web page"
log=$root/build/web.log
mkdir -p "$root/build"
if ! { npm ci --no-audit --no-fund && npm run build; } </dev/null >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "set-up: the web page could not be built; the last lines of $log stand above (is there a network for npm?)" >&2
  exit 1
fi
node "$root/tools/pack_web.mjs" dist dist.pack
echo "$sum" >dist.sources
