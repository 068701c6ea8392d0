#!/usr/bin/env bash
# Tests the page that `spikeprune show` writes in Debian's chromium, beside the native program. Leaves pictures of it in
# tests/web/out.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p out
npm ci --silent --no-audit --no-fund
../../target/release/spikeprune show --data ../../data --out out/page.html
node --test --test-concurrency=1 modules.mjs page.mjs
