#!/usr/bin/env bash
# Prints the SHA-256 of all that the page is built from, as git lists it.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files -z -- Cargo.lock Cargo.toml shaders src \
    ':!src/main.rs' ':!src/cli' ':!src/guide' ':!src/python' ':!src/report' |
    sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
