#!/usr/bin/env bash
# Tests the page in Debian's chromium: of the program's page, with its network beside that of the command line.
# Pictures are left in tests/web/out.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${SPIKEPRUNE:=$PWD/target/release/spikeprune}"
[ -x "$SPIKEPRUNE" ] || cargo build --release
export SPIKEPRUNE
mkdir -p tests/web/out
npm ci --silent --no-audit --no-fund --prefix tests/web
"$SPIKEPRUNE" show --out tests/web/out/page.html
node --test --test-concurrency=1 tests/web/page.mjs
