#!/bin/sh
# Runs the tests of the tools, every tools/**/*_test.mjs on Node's own test runner, then the types and unit tests of the web
# page. Its end-to-end tests need a browser and the program: ctest runs them.
set -eu
cd "$(dirname "$0")/.."
node --test --test-reporter=spec $(find tools -name node_modules -prune -o -name '*_test.mjs' -print | sort)
cd web
[ -d node_modules ] || npm ci --no-audit --no-fund --silent
npm run --silent check
npm test --silent
