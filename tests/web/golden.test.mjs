// The golden traces of Brian2, run by the wasm: every recorded spike, weights within the tolerance of the native test.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DIST, ROOT } from "./support.mjs";

const glue = new Function(`${readFileSync(join(DIST, "golden.js"), "utf8")}; return wasm_bindgen;`)();
glue.initSync({ module: readFileSync(join(DIST, "golden_bg.wasm")) });

const traces = join(ROOT, "tests/fixtures/golden");
const read = (name) => readFileSync(join(traces, name));
const common = read("golden_common.npz");
const names = readdirSync(traces).filter((name) => /^golden_.*\.npz$/.test(name) && name !== "golden_common.npz");
if (names.length === 0) throw new Error(`no golden_*.npz in ${traces}`);

for (const name of names) test(name, () => console.log(glue.golden(common, name, read(name))));
test("diehl_cook.npz", () => glue.golden_diehl_cook(read("diehl_cook.npz")));
