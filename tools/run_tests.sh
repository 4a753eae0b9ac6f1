#!/bin/sh
# Runs the tests of the tools: every tools/**/*_test.mjs, on Node's own test runner.
set -eu
cd "$(dirname "$0")/.."
exec node --test --test-reporter=spec $(find tools -name node_modules -prune -o -name '*_test.mjs' -print | sort)
