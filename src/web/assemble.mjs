// Puts the page together: node assemble.mjs GLUE WASM OUT, with GLUE and WASM as wasm-bindgen wrote them
// (--target no-modules).
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const page = fileURLToPath(new URL("page/", import.meta.url));
const { buildSync, transformSync } = createRequire(page)("esbuild");
const [gluePath, wasmPath, outPath] = process.argv.slice(2);

const bundle = (entry) => {
  const options = { bundle: true, minify: true, format: "iife", target: "es2022", charset: "utf8", write: false };
  return buildSync({ entryPoints: [page + entry], ...options }).outputFiles[0].text;
};
const minified = (path, loader) => transformSync(readFileSync(path, "utf8"), { minify: true, loader }).code;
/** The methods of Lab that may wait for a GPU, as asynchronous ones (page/suspend.ts makes their exports promises). */
function waiting(glue) {
  for (const name of ["useDevice", "start", "load", "train", "test", "weights", "show", "digest"]) {
    const [method, call] = [new RegExp(`^( +)(${name}\\()`, "gm"), `wasm.lab_${name}(`];
    if (glue.match(method)?.length !== 1 || glue.split(call).length !== 2) throw new Error(`the glue has not one ${name}`);
    glue = glue.replace(method, "$1async $2").replace(call, () => `await ${call}`);
  }
  return glue;
}

/** Script that does not end its element. */
const inline = (script) => script.replaceAll("</script", "<\\/script");

const glue = transformSync(waiting(readFileSync(gluePath, "utf8")), { minify: true, loader: "js" }).code;
const [worker, script] = [bundle("worker.ts"), bundle("page.ts")];
const wasm = gzipSync(readFileSync(wasmPath), { level: 9 }).toString("base64");
const parts = {
  "/*style*/": minified(page + "style.css", "css"),
  "<!--wasm-->": `<script type="application/octet-stream;base64" id="wasm">${wasm}</script>`,
  "/*worker*/": inline(glue + worker),
  "/*page*/": inline(script),
};
let html = readFileSync(page + "index.html", "utf8");
for (const [place, text] of Object.entries(parts)) {
  if (html.split(place).length !== 2) throw new Error(`index.html has not one ${place}`);
  html = html.replace(place, () => text);
}
writeFileSync(outPath, html);
const kilobytes = (text) => `${Math.round(Buffer.byteLength(text) / 1000)} kB`;
console.log(`${outPath}: ${kilobytes(html)}, of it script ${kilobytes(glue + worker + script)}, wasm ${kilobytes(wasm)}`);
