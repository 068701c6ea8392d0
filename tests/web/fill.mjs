// Puts data into the page, as `spikeprune show` does: node fill.mjs PAGE OUT. All test images of MNIST, and the first
// training images.
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

const TRAIN = 14_000;
const [page, out] = process.argv.slice(2);

const read = (name) => readFileSync(new URL(`../../data/${name}.gz`, import.meta.url));

/** The first items of an IDX file, of a size in bytes each. */
function first(name, size) {
  const whole = gunzipSync(read(name));
  const header = 4 + 4 * whole[3];
  const part = Buffer.from(whole.subarray(0, header + TRAIN * size));
  part.writeUInt32BE(TRAIN, 4);
  return gzipSync(part);
}

const data = {
  "train-images": first("train-images-idx3-ubyte", 28 * 28),
  "train-labels": first("train-labels-idx1-ubyte", 1),
  "test-images": read("t10k-images-idx3-ubyte"),
  "test-labels": read("t10k-labels-idx1-ubyte"),
};
const element = ([id, bytes]) =>
  `<script type="application/octet-stream;base64" id="${id}">${bytes.toString("base64")}</script>`;
const elements = Object.entries(data).map(element).join("\n");
writeFileSync(out, readFileSync(page, "utf8").replace("<!--spikeprune:data-->", () => elements));
