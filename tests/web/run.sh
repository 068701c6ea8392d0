#!/usr/bin/env bash
# Tests the page that src/web/build.sh made in Debian's chromium, beside the native program. Leaves pictures of it in
# tests/web/out.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p out
npm ci --silent --no-audit --no-fund
node fill.mjs ../../src/web/dist/page.html out/page.html
node --test --test-concurrency=1 modules.mjs page.mjs
