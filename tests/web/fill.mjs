// node fill.mjs PAGE OUT: the page with all test images and the first 14,000 training images.
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
const data = new URL("../../data/", import.meta.url);
const read = (name) => gunzipSync(readFileSync(new URL(name, data)));
const N = 14000;
const first = (bytes, head, size) => { const part = Buffer.from(bytes.subarray(0, head + N * size)); part.writeUInt32BE(N, 4); return part; };
const parts = {
  "train-images": first(read("train-images-idx3-ubyte.gz"), 16, 784), "train-labels": first(read("train-labels-idx1-ubyte.gz"), 8, 1),
  "test-images": read("t10k-images-idx3-ubyte.gz"), "test-labels": read("t10k-labels-idx1-ubyte.gz"),
};
const elements = Object.entries(parts).map(([id, bytes]) => `<script type="application/octet-stream;base64" id="${id}">${gzipSync(bytes).toString("base64")}</script>`);
writeFileSync(process.argv[3], readFileSync(process.argv[2], "utf8").replace("<!--spikeprune:data-->", () => elements.join("\n")));
