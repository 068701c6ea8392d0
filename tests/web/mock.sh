#!/bin/sh
# Builds the page with the mock.
set -e
cd "$(dirname "$0")"
mkdir -p out
../../src/web/page/node_modules/.bin/esbuild mock_lab.ts --bundle --outfile=out/mock.js --log-level=warning
printf '\0asm\1\0\0\0' > out/mock.wasm
node ../../src/web/assemble.mjs out/mock.js out/mock.wasm out/bare.html
node fill.mjs out/bare.html out/page.html
