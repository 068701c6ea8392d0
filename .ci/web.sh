#!/usr/bin/env bash
# The page: the wasm is built and gives what the native program gives; the committed page is that of these sources.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
    apt-get update -q
    apt-get install -qy --no-install-recommends npm
fi
src/web/build.sh
cargo build --release --locked
node --test tests/web/wasm.test.mjs
if [ -x tests/web/run.sh ]; then
    command -v chromium >/dev/null || apt-get install -qy --no-install-recommends chromium
    tests/web/run.sh
fi
if [ -f data/web/sources.sha256 ]; then
    sha256sum --check --quiet data/web/sources.sha256
fi
