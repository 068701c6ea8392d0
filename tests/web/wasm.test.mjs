// The wasm gives what the native program gives, to the bit, and is small enough to load.

import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, FILES, ROOT, TEST, TRAIN, digest, emptyLab, folder, lab, native, picture, trained, writeData } from "./support.mjs";

const THREE = ["network.classes", "0,1,8"];
const SHORT = ["job.train.per_class", "30"];

const TRAININGS = [
  ["paper", [THREE, SHORT]],
  ["paper", [THREE, SHORT, ["pruning.mode", "none"], ["job.seed", "7"]]],
  ["best", [THREE, SHORT]],
  ["ten-class", [THREE, ["job.train.in_all", "90"]]],
  ["ten-class-edges", [THREE, ["job.train.in_all", "90"]]],
  ["ten-class-fast", [THREE, ["job.train.in_all", "128"]]],
  ["paper", [THREE, SHORT, ["learning.factor", "0.9 * exp_neg(own_spikes / 20)"]]],
  ["diehl-cook", [["job.train.in_all", "60"], ["network.labels.neurons", "50"], ["network.labels.images", "60"]]],
];

for (const [preset, set] of TRAININGS) {
  const called = [preset, ...set.map((pair) => pair.join("="))].join(" ");
  test(`${called}: the same weights and answers as natively`, async (context) => {
    const path = folder(context);
    writeData(path);
    const checkpoint = trained(path, preset, set);
    const web = lab();
    const shape = web.start(preset, set);
    let images = 0;
    // In slices of odd lengths, with looks between them.
    while (images < shape.of) {
      images = web.train(17).images;
      web.weights();
      web.show(web.image("test", 1, 0));
    }
    assert.equal(web.digest(), digest(checkpoint));

    const evaluated = JSON.parse(native("eval", checkpoint, "--test-per-class", "20", "--json")).replicas[0].eval;
    const learned = shape.groups.length || 10;
    const tested = web.test(20 * learned);
    assert.deepEqual(tested, { images: evaluated.images, correct: evaluated.correct, silent: evaluated.silent });

    const digits = [0, 1, 8].map((label) => web.image("test", label, 3));
    const shown = [...digits, web.noise(2)];
    const files = shown.map((pixels, at) => {
      const file = join(path, `${at}.bmp`);
      writeFileSync(file, picture(pixels, 28, 28));
      return file;
    });
    const { pictures } = JSON.parse(native("predict", checkpoint, ...files, "--json"));
    for (const [at, pixels] of shown.entries()) {
      const [expected] = pictures[at].networks;
      const { answer, tied, excitatory, groupSpikes } = web.show(pixels);
      assert.deepEqual({ answer, tied, spikes: excitatory.index.length }, {
        answer: expected.answer,
        tied: expected.tied,
        spikes: expected.spikes,
      });
      if (shape.groups.length > 0) assert.deepEqual([...groupSpikes], expected.spikes_per_class);
    }
    const again = emptyLab();
    again.load(readFileSync(checkpoint));
    assert.equal(again.digest(), web.digest());
    assert.deepEqual(again.show(digits[0]), web.show(digits[0]));
  });
}

test("data are told by label, and images come from them", () => {
  const web = emptyLab();
  const data = web.setData(...Object.values(FILES));
  assert.deepEqual([data.width, data.height, data.labels.length], [28, 28, 10]);
  const sum = (part) => data.labels.reduce((sum, label) => sum + label[part], 0);
  assert.deepEqual([sum("train"), sum("test")], [TRAIN, TEST]);
  const labels = FILES["t10k-labels-idx1-ubyte"].subarray(8);
  const first = FILES["t10k-images-idx3-ubyte"].subarray(16, 16 + 784);
  assert.deepEqual([...web.image("test", labels[0], 0)], [...first]);
});

test("files of the user are read as the library reads them", () => {
  const lines = ["label,a,b,c,d"];
  for (let line = 0; line < 40; line++) lines.push(`${line % 2},${line},0,${255 - line},7`);
  const web = emptyLab();
  const arrays = web.setFiles(["digits.npz"], [readFileSync(join(ROOT, "tests/fixtures/digits8x8/digits8x8.npz"))]);
  assert.deepEqual([arrays.width, arrays.height, arrays.labels.length], [8, 8, 10]);
  const table = web.setFiles(["digits.csv"], [Buffer.from(lines.join("\n"))]);
  assert.deepEqual([table.width, table.height, table.labels.map((label) => label.train)], [2, 2, [16, 16]]);
  assert.throws(() => web.setFiles(["a.csv"], [Buffer.from("label,a\n1,300")]), /a\.csv: line 2: expected a number in 0\.\.=255/);
  assert.throws(() => web.setFiles(["a.zip"], [Buffer.from("PK")]), /a\.zip/);
});

test("what is wrong is said in the library's words", () => {
  const web = emptyLab();
  assert.throws(() => web.start("paper", []), /there are no images yet/);
  web.setData(...Object.values(FILES));
  assert.throws(() => web.train(1), /there is no network yet/);
  assert.throws(() => web.start("papr", []), /papr/);
  assert.throws(() => web.start("paper", [["network.classes", "0,77"]]), /the data have no class 77/);
  assert.throws(() => web.start("paper", [["learning.gmx", "1"]]), /gmx/);
  assert.throws(() => web.load(Buffer.from("nothing")), /the checkpoint is not a checkpoint of this program/);
  web.start("paper", [THREE]);
  assert.throws(() => web.show(new Uint8Array(3)), /an image has 3 pixels: it must have 784/);
});

test("weights are pictures, and evidence lies where the image does", () => {
  const web = lab();
  const shape = web.start("best-nonnegative", [THREE]);
  web.train(300);
  const weights = web.weights();
  assert.equal(weights.length, shape.neurons * 784);
  assert.ok(weights.includes(0) && Math.max(...weights) > 128);
  const pixels = web.image("test", 1, 0);
  const shown = web.show(pixels);
  assert.equal(shown.answer, 1);
  assert.equal(shown.groupSpikes.length, 3);
  assert.equal(Math.max(...shown.evidence), 1);
  shown.evidence.forEach((given, place) => assert.ok(given === 0 || pixels[place] > 0));
});

test("learning, images a second (printed, not judged)", (context) => {
  for (const [preset, set] of [["paper", [THREE]], ["ten-class", [THREE]]]) {
    const web = lab();
    web.start(preset, set);
    web.train(100);
    const { images, seconds } = web.train(700);
    context.diagnostic(`${preset}, three classes: ${Math.round((images - 100) / seconds)} images a second`);
  }
});

test("the wasm is under 2 MB, compressed", (context) => {
  const bytes = statSync(join(DIST, "spikeprune_bg.wasm.gz")).size;
  context.diagnostic(`${bytes} bytes`);
  assert.ok(bytes < 2e6);
});
