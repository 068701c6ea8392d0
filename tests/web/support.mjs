// What the tests of the wasm share: the lab under Node, the native program, and images cut from the data of the repository.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export const ROOT = join(import.meta.dirname, "../..");
export const DIST = join(ROOT, "src/web/dist");
const PROGRAM = process.env.SPIKEPRUNE ?? join(ROOT, "target/release/spikeprune");

const glue = new Function(`${readFileSync(join(DIST, "spikeprune.js"), "utf8")}; return wasm_bindgen;`)();
glue.initSync({ module: readFileSync(join(DIST, "spikeprune_bg.wasm")) });

/** A folder of the test's own, gone with it. */
export function folder(test) {
  const path = mkdtempSync(join(tmpdir(), "spikeprune-web-"));
  test.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** The first images of an IDX file, as a file of its own. */
function cut(name, images) {
  const whole = gunzipSync(readFileSync(join(ROOT, "data", `${name}.gz`)));
  const header = 4 + 4 * whole[3];
  const sides = Array.from({ length: whole[3] - 1 }, (_, side) => whole.readUInt32BE(8 + 4 * side));
  const length = sides.reduce((product, side) => product * side, 1);
  const file = Buffer.from(whole.subarray(0, header + images * length));
  file.writeUInt32BE(images, 4);
  return file;
}

export const TRAIN = 3000;
export const TEST = 1000;

/** The beginning of MNIST, by the names of its files. */
export const FILES = {
  "train-images-idx3-ubyte": cut("train-images-idx3-ubyte", TRAIN),
  "train-labels-idx1-ubyte": cut("train-labels-idx1-ubyte", TRAIN),
  "t10k-images-idx3-ubyte": cut("t10k-images-idx3-ubyte", TEST),
  "t10k-labels-idx1-ubyte": cut("t10k-labels-idx1-ubyte", TEST),
};

/** A lab with these images. */
export function lab() {
  const lab = new glue.Lab("cpu");
  lab.setData(...Object.values(FILES));
  return lab;
}

/** An empty lab. */
export function emptyLab() {
  return new glue.Lab("cpu");
}

/** Writes the images into a folder. */
export function writeData(path) {
  for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(path, name), bytes);
}

/** What the native program prints of networks that it runs. */
export function native(...args) {
  return program(...args, "--device", "cpu", "--quiet");
}

/** What it prints of anything. */
export function program(...args) {
  return execFileSync(PROGRAM, args, { encoding: "utf8", maxBuffer: 1 << 28 });
}

/** Trains natively; the checkpoint. */
export function trained(path, preset, set) {
  const out = join(path, "run");
  const settings = set.flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  native("train", "--preset", preset, "--data", path, "--out", out, ...settings);
  return join(out, "checkpoint.safetensors");
}

/** The SHA-256 of the weights in a checkpoint. */
export function digest(checkpoint) {
  const file = readFileSync(checkpoint);
  const header = Number(file.readBigUInt64LE(0));
  const tensors = JSON.parse(file.subarray(8, 8 + header).toString());
  const [from, to] = tensors.weights.data_offsets;
  return createHash("sha256").update(file.subarray(8 + header + from, 8 + header + to)).digest("hex");
}

/** An image as a grey picture: BMP, whose rows run upwards. */
export function picture(pixels, width, height) {
  const header = 54 + 4 * 256;
  const file = Buffer.alloc(header + width * height);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(header, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(8, 28);
  for (let grey = 0; grey < 256; grey++) file.fill(grey, 54 + 4 * grey, 57 + 4 * grey);
  for (let row = 0; row < height; row++) {
    file.set(pixels.subarray((height - 1 - row) * width, (height - row) * width), header + row * width);
  }
  return file;
}
