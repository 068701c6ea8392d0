#!/usr/bin/env bash
# The page: the wasm is built and gives what the native program gives; the committed page is that of these sources.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
    apt-get update -q
    apt-get install -qy --no-install-recommends npm
fi
if [ "$(src/web/sources.sh)" != "$(cat data/web/sources.sha256)" ]; then
    echo "data/web/page.html is of other sources: src/web/build.sh && cp src/web/dist/{page.html,sources.sha256} data/web/" >&2
    exit 1
fi
src/web/build.sh --tests
cargo build --release --locked
node --test tests/web/wasm.test.mjs tests/web/golden.test.mjs
command -v chromium >/dev/null || apt-get install -qy --no-install-recommends chromium
tests/web/run.sh
