// Parts of the page that need no browser.
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";

const page = fileURLToPath(new URL("../../src/web/page/", import.meta.url));
const { buildSync } = createRequire(page)("esbuild");

/** A module of the page. */
const load = (name) => {
  const { text } = buildSync({ entryPoints: [page + name], bundle: true, format: "esm", write: false }).outputFiles[0];
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
};

const { normalised } = await load("mnist.ts");
const { changes, commandLine, DEFAULTS, fromHash, toHash } = await load("settings.ts");
const { learnedLabels, parameter } = await load("lab.ts");

/** The nth test image of MNIST. */
function digit(nth) {
  const file = gunzipSync(readFileSync(new URL("../../data/t10k-images-idx3-ubyte.gz", import.meta.url)));
  return file.subarray(16 + 784 * nth, 16 + 784 * (nth + 1));
}

/** The image on a canvas of `side`, enlarged and with its corner at a place. */
function placed(image, scale, side, left, top) {
  const ink = new Float32Array(side * side);
  for (let y = 0; y < 28 * scale; y++) {
    for (let x = 0; x < 28 * scale; x++) {
      const [column, row] = [left + x, top + y];
      if (column < 0 || row < 0 || column >= side || row >= side) continue;
      ink[row * side + column] = image[28 * Math.floor(y / scale) + Math.floor(x / scale)] / 255;
    }
  }
  return ink;
}

test("a digit of MNIST, enlarged and moved, is made what it was", () => {
  for (let nth = 0; nth < 20; nth++) {
    const image = digit(nth);
    const made = normalised(placed(image, 4, 150, 13, 27), 150, 28, 28);
    assert.deepEqual(Buffer.from(made), image, `image ${nth}`);
  }
});

test("nothing drawn is nothing, a dot is in the middle", () => {
  assert.ok(normalised(new Float32Array(100), 10, 28, 28).every((value) => value === 0));
  const ink = new Float32Array(100);
  ink[0] = 1;
  const made = normalised(ink, 10, 28, 28);
  assert.deepEqual([made[4 * 28 + 4], made[23 * 28 + 23], made[3 * 28 + 4], made[24 * 28 + 23]], [255, 255, 0, 0]);
});

test("a link carries what was changed and no more", () => {
  assert.equal(toHash(DEFAULTS), "");
  const settings = { ...DEFAULTS, classes: [0, 1, 8], rule: "if(target, 1, -1) + 0", tauSeconds: "2.5", compare: true, speed: "full" };
  assert.deepEqual(fromHash(`#${toHash(settings)}`), settings);
  assert.match(toHash(settings), /classes=0,1,8/);
  assert.deepEqual(fromHash("#classes=").classes, []);
  assert.deepEqual(fromHash("#speed=mad&classes=a,3&pruning=maybe"), { ...DEFAULTS, classes: [3] });
});

test("settings are what the command line takes", () => {
  const settings = { ...DEFAULTS, preset: "paper", rule: "if(target, 1, -1)", tauSeconds: "2.5", pruning: "off" };
  assert.deepEqual(changes(settings).at(-1), ["pruning.tau_ms", "2500"]);
  const command = [
    "spikeprune train --preset paper",
    "--set job.seed=1",
    "--set network.classes=7,4,6",
    "--set 'learning.factor=if(target, 1, -1)'",
    "--set pruning.mode=none",
    "--set pruning.tau_ms=2500",
  ];
  assert.equal(commandLine(settings), command.join(" \\\n  "));
});

test("parameters are read from their text", () => {
  const toml = 'a = 1\n[network]\nclasses = [7, 4]\n\n[pruning]\nmode = "none"\n';
  assert.equal(parameter(toml, "pruning", "mode"), '"none"');
  assert.equal(parameter(toml, "network", "mode"), undefined);
  assert.deepEqual(learnedLabels({ groups: [], toml }, { labels: [] }), [7, 4]);
});
