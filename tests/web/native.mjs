// The command line's networks.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** Trains a network: what its test found, in the page's words, and the digest of its weights. */
export function native(...flags) {
  const folder = mkdtempSync(join(tmpdir(), "spikeprune-"));
  try {
    const options = { cwd: repository, stdio: "pipe" };
    execFileSync(process.env.SPIKEPRUNE, ["train", ...flags, "--device", "cpu", "--out", folder, "--overwrite"], options);
    const tested = JSON.parse(readFileSync(join(folder, "summary.json"), "utf8")).eval;
    const count = (number) => number.toLocaleString("en");
    const accuracy = `${count(tested.correct)} of ${count(tested.images)} images`;
    return { accuracy, digest: digestOfWeights(readFileSync(join(folder, "checkpoint.safetensors"))) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function digestOfWeights(checkpoint) {
  const start = 8 + Number(checkpoint.readBigUInt64LE(0));
  const header = JSON.parse(checkpoint.subarray(8, start).toString());
  const [from, to] = header.weights.data_offsets;
  return createHash("sha256").update(checkpoint.subarray(start + from, start + to)).digest("hex");
}
