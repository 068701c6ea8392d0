#!/usr/bin/env bash
# Compiles the crate to wasm (src/web/dist/spikeprune.js, spikeprune_bg.wasm, spikeprune_bg.wasm.gz) and puts the page
# together around it (page.html).
# What that needs is installed into a cache: SPIKEPRUNE_WEB_CACHE, else target/web.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "${SPIKEPRUNE_WEB_CACHE:=target/web}"
cache=$(cd "$SPIKEPRUNE_WEB_CACHE" && pwd)
dist=src/web/dist
target=wasm32-unknown-unknown
binaryen=132.0.0

# The compiler: that of rustup if it has the target, else Debian's, which brings the sources of the standard library.
build=(cargo build --profile web --locked --package spikeprune-web --target "$target" --target-dir "$cache/target")
[ "${1:-}" != --tests ] || build+=(--lib --example golden)
flags=(-C target-feature=+simd128 --remap-path-prefix "$PWD=" --remap-path-prefix "$cache=" --remap-path-prefix "$HOME=")
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="${flags[*]}"
if rustup target list --installed 2>/dev/null | grep -qx "$target"; then
    "${build[@]}"
else
    if [ ! -x "$cache/rustc" ]; then
        apt-get update -q
        # Their names hold versions.
        libraries=$(apt-cache depends --recurse --important rustc-web |
            grep -oE '^(libstd-rust-web-[0-9.]+|libllvm[0-9]+)$' | sort -u)
        rm -rf "$cache/debian" && mkdir "$cache/debian"
        # shellcheck disable=SC2086
        (cd "$cache/debian" && apt-get download -q rustc-web rust-web-src libstd-rust-web-dev $libraries)
        for package in "$cache"/debian/*.deb; do
            dpkg -x "$package" "$cache/debian" && rm "$package"
        done
        printf '#!/bin/sh\nexport LD_LIBRARY_PATH=%q\nexec %q "$@"\n' \
            "$cache/debian/usr/lib/$(uname -m)-linux-gnu" "$cache/debian/usr/bin/rustc" >"$cache/rustc"
        chmod +x "$cache/rustc"
    fi
    linker=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/rust-lld
    RUSTC=$cache/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$linker \
        "${build[@]}" -Zbuild-std=std,panic_abort
fi

# What JavaScript calls it by, of the very version of the crate.
version=$(cargo pkgid --locked wasm-bindgen | sed 's/.*@//')
if [ "$("$cache/bin/wasm-bindgen" --version 2>/dev/null)" != "wasm-bindgen $version" ]; then
    cargo install wasm-bindgen-cli --version "=$version" --no-default-features --root "$cache" --target-dir "$cache/bindgen"
    rm -r "$cache/bindgen"
fi
rm -rf "$dist"
bindgen=("$cache/bin/wasm-bindgen" --target no-modules --no-typescript --out-dir "$dist")
"${bindgen[@]}" --out-name spikeprune "$cache/target/$target/web/spikeprune_web.wasm"
[ "${1:-}" != --tests ] || "${bindgen[@]}" --out-name golden "$cache/target/$target/web/examples/golden.wasm"

npm install --silent --no-audit --no-fund --no-save --prefix "$cache" "binaryen@$binaryen"
"$cache/node_modules/.bin/wasm-opt" -O3 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int \
    --enable-sign-ext --enable-mutable-globals --enable-multivalue --enable-reference-types \
    "$dist/spikeprune_bg.wasm" -o "$dist/spikeprune_bg.wasm"
gzip -9nk "$dist/spikeprune_bg.wasm"

npm ci --silent --no-audit --no-fund --prefix src/web/page
npm run --silent --prefix src/web/page check
node src/web/assemble.mjs "$dist/spikeprune.js" "$dist/spikeprune_bg.wasm" "$dist/page.html"
src/web/sources.sh >"$dist/sources.sha256"
ls -l "$dist"
