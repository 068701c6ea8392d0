// What the page does in a browser. Times are printed, none is asserted.
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closeBrowser, draw, out, spikesOfNoise, text, untilTrained, withPage } from "./browser.mjs";
import { ROOT, digest, folder, native, program } from "./support.mjs";

after(closeBrowser);

const DIGITS = {
  7: [[[0.25, 0.2], [0.75, 0.2], [0.6, 0.45], [0.45, 0.85]]],
  4: [[[0.3, 0.15], [0.25, 0.5], [0.75, 0.5]], [[0.7, 0.15], [0.66, 0.5], [0.64, 0.88]]],
  6: [[[0.62, 0.12], [0.42, 0.3], [0.32, 0.55], [0.34, 0.75], [0.5, 0.86], [0.66, 0.75], [0.64, 0.6], [0.5, 0.54], [0.36, 0.62]]],
};

/** Trains natively on the images that the page has; the run's folder. */
function trained(context, ...flags) {
  const run = join(folder(context), "run");
  native("train", "--preset", "best", "--data", join(ROOT, "data"), "--out", run, ...flags);
  return run;
}

/** What the test of a run found, in the page's words. */
function found(run) {
  const { correct, images } = JSON.parse(readFileSync(join(run, "summary.json"), "utf8")).eval;
  return `${correct.toLocaleString("en")} of ${images.toLocaleString("en")} images`;
}

test("it starts at once", async () => {
  await withPage("", async (page) => {
    await page.waitForFunction(() => performance.getEntriesByName("shown").length > 0);
    const ms = await page.evaluate(() => performance.getEntriesByName("shown")[0].startTime);
    console.log(`first spikes on screen after ${(ms / 1000).toFixed(2)} s`);
    await page.waitForFunction(() => document.querySelector(".network progress").value > 0);
    assert.match(await text(page, ".says"), /It says \d|A tie|Silent/);
    assert.ok(Number(await text(page, ".stat-spikes")) >= 0);
  });
});

test("a thousand images make the network that they make natively", async (context) => {
  const run = trained(context, "--set", "job.train.in_all=1000");
  await withPage("#images=1000&speed=full", async (page) => {
    await untilTrained(page);
    console.log(await text(page, ".run-text"));
    assert.equal(await page.locator(".stat-accuracy").first().getAttribute("title"), found(run));
    assert.equal(await text(page, "#digest"), `Digest of the weights: ${digest(join(run, "checkpoint.safetensors"))}`);
    assert.match(await text(page, "#live"), /the training is over/);
  });
});

test("a GPU makes the network that the native program makes on the CPU", async (context) => {
  const run = trained(context, "--set", "job.train.in_all=40", "--set", "network.groups.neurons_per_class=4");
  await withPage("#images=40&neurons=4&speed=full&adapter=software", async (page) => {
    await untilTrained(page);
    console.log(await text(page, ".run-text"));
    assert.equal(await text(page, "#digest"), `Digest of the weights: ${digest(join(run, "checkpoint.safetensors"))}`);
    assert.match(await text(page, "#about"), /webgpu|swiftshader/i);
  });
});

test("where it is to be found out which device learns faster, the network is that of both", async (context) => {
  const run = trained(context, "--set", "job.train.in_all=30", "--set", "network.groups.neurons_per_class=300");
  await withPage("#images=30&neurons=300&speed=full&adapter=any", async (page) => {
    await untilTrained(page);
    console.log(await text(page, "#about"));
    assert.match(await text(page, "#about"), /, which learns faster here than the (CPU|GPU),/);
    assert.equal(await text(page, "#digest"), `Digest of the weights: ${digest(join(run, "checkpoint.safetensors"))}`);
    assert.equal(await text(page, "#error"), "");
  });
});

test("a GPU in software is taken only if it is named", async () => {
  await withPage("#adapter=gpu", async (page) => {
    await page.waitForSelector("#error:not([hidden])");
    assert.match(await text(page, "#error"), /no GPU but one in software/);
    await page.locator("summary", { hasText: "More settings" }).click();
    await page.selectOption("[name=adapter]", "cpu");
    await page.waitForFunction(() => document.querySelector(".network progress").value > 0);
    assert.equal(await page.locator("#error").isVisible(), false);
  });
});

test("digits drawn by the mouse get their class", async () => {
  await withPage("#speed=full", async (page) => {
    await untilTrained(page);
    console.log(await text(page, ".run-text"));
    for (const [digit, lines] of Object.entries(DIGITS)) assert.equal(await draw(page, ...lines), `It says ${digit}`);
    assert.equal(await text(page, ".network figcaption"), "Your drawing, scaled and centred");
  });
});

test("noise falls silent with pruning alone", async () => {
  await withPage("#preset=paper&speed=full", async (page) => {
    await untilTrained(page);
    console.log(await text(page, ".run-text"));
    const pruned = await spikesOfNoise(page, 10);
    await page.selectOption("[name=pruning]", "off");
    await untilTrained(page);
    const plain = await spikesOfNoise(page, 10);
    console.log(`spikes an image of noise: ${pruned} with pruning, ${plain} without`);
    assert.ok(pruned < 1 && plain > 10);
  });
});

test("two networks side by side see the same and differ in pruning", async () => {
  await withPage("#speed=full&images=1500", async (page) => {
    await page.click("#compare");
    await page.waitForFunction(() => document.querySelectorAll(".network").length === 2);
    assert.deepEqual(await page.locator(".network-title").allTextContents(), ["With pruning", "Without pruning"]);
    const shares = () => [...document.querySelectorAll(".stat-zeros")].map((element) => parseFloat(element.textContent));
    await untilTrained(page);
    await page.waitForFunction(() => document.getElementById("pause").disabled);
    const [pruned, plain] = await page.evaluate(shares);
    assert.ok(pruned > plain, `${pruned}% and ${plain}%`);
    await page.waitForFunction(() => {
      const [one, other] = [...document.querySelectorAll("figcaption")].map((element) => element.textContent);
      return one === other && one.endsWith("held out");
    });
  });
});

test("a link brings all settings back", async () => {
  await withPage("", async (page) => {
    await page.locator(".chip").nth(0).click();
    await page.selectOption("[name=preset]", "paper");
    await page.locator("summary", { hasText: "More settings" }).click();
    await page.selectOption("[name=pruning]", "on");
    for (const [name, value] of [["tauSeconds", "90"], ["rule", "if(target, 1, -0.5)"], ["seed", "5"], ["neurons", "6"]]) {
      await page.fill(`[name=${name}]`, value);
      await page.locator(`[name=${name}]`).blur();
    }
    await page.locator("#speeds label", { hasText: "10 a second" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".chip :checked").length === 4);
    const form = () => Object.fromEntries(new FormData(document.getElementById("settings")));
    const [hash, before] = [await page.evaluate(() => location.hash), await page.evaluate(form)];
    await page.goto("about:blank");
    await page.goto(new URL("page.html", out).href + hash);
    await page.waitForFunction(() => document.querySelectorAll(".chip :checked").length === 4);
    assert.deepEqual(await page.evaluate(form), before);
    assert.equal(await page.locator("[name=speed]:checked").inputValue(), "ten");
    assert.match(await text(page, "#command"), /--preset paper [^]*--set 'learning.factor=if\(target, 1, -0.5\)'/);
    await page.waitForFunction(() => document.querySelectorAll(".bars li").length === 4);
  });
});

test("a finished run is shown, and answers", async (context) => {
  const run = trained(context, "--set", "job.train.in_all=2000", "--snapshots", "500");
  const checkpoint = join(run, "checkpoint.safetensors");
  program("show", run, "--out", fileURLToPath(new URL("run.html", out)));
  const zeros = JSON.parse(readFileSync(join(run, "summary.json"), "utf8")).weights.zero_fraction;
  await withPage("", async (page) => {
    await page.waitForFunction(() => document.getElementById("digest").textContent !== "");
    assert.equal(await text(page, "#digest"), `Digest of the weights: ${digest(checkpoint)}`);
    assert.equal(await page.locator(".stat-accuracy").getAttribute("title"), found(run));
    assert.equal(await text(page, ".stat-zeros"), `${(100 * zeros).toFixed(0)}%`);
    assert.equal(await text(page, "h1"), "run: a finished network");
    assert.equal(await page.locator("#pause").isVisible(), false);
    await page.focus("#snapshot");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await text(page, "#snapshot-name"), "after 1,500 images");
    assert.equal(await draw(page, ...DIGITS[7]), "It says 7");
    assert.ok((await spikesOfNoise(page, 5)) < 1);
    await page.screenshot({ path: fileURLToPath(new URL("run.png", out)), fullPage: true });
  }, {}, "run.html");
});

test("what cannot be learned is said in a sentence", async () => {
  await withPage("#rule=if(target,", async (page) => {
    await page.waitForSelector("#error:not([hidden])");
    assert.match(await text(page, "#error"), /learning\.factor/);
    await page.locator("summary", { hasText: "More settings" }).click();
    await page.fill("[name=rule]", "");
    await page.locator("[name=rule]").blur();
    await page.waitForSelector("#error", { state: "hidden" });
    await page.waitForFunction(() => document.querySelector(".network progress").value > 0);
  });
});

test("a keyboard alone operates it", async () => {
  await withPage("#speed=full", async (page) => {
    await untilTrained(page);
    const focus = async (selector) => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
      }
      assert.fail(`Tab never comes to ${selector}`);
    };
    await focus("#restart");
    await page.keyboard.press("Enter");
    await focus("#speeds input");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await page.locator("[name=speed]:checked").inputValue(), "hundred");
    await page.keyboard.press("ArrowRight");
    await untilTrained(page);
    await focus("#stimuli [value=noise]");
    await page.keyboard.press("Space");
    await page.waitForFunction(() => document.querySelector(".network figcaption").textContent.startsWith("Noise"));
    await focus("#drawing");
    const press = async (key, times) => {
      for (let i = 0; i < times; i++) await page.keyboard.press(key);
    };
    await press("ArrowLeft", 7);
    await press("Space", 1);
    await press("ArrowRight", 13);
    for (let i = 0; i < 8; i++) {
      await press("ArrowDown", 2);
      await press("ArrowLeft", 1);
    }
    await press("Space", 1);
    await page.waitForFunction(() => document.getElementById("drawn").textContent === "It says 7");
    await press("Delete", 1);
    assert.equal(await text(page, "#drawn"), "");
    await focus("[name=preset]");
    await focus("details > summary");
  });
});

test("files of one's own are learned", async () => {
  await withPage("#speed=full", async (page) => {
    await page.waitForSelector(".chip");
    const data = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"];
    const paths = data.map((name) => fileURLToPath(new URL(`../../data/${name}-ubyte.gz`, import.meta.url)));
    await page.setInputFiles("#files", paths);
    await page.waitForFunction(() => document.querySelector(".run-text").textContent.includes("of 15,000 images"));
    await page.setInputFiles("#files", { name: "what.npz", mimeType: "", buffer: Buffer.from("nothing") });
    await page.waitForSelector("#error:not([hidden])");
    assert.match(await text(page, "#error"), /what\.npz/);
  });
});

for (const [width, colorScheme] of [[1400, "light"], [1400, "dark"], [400, "light"], [400, "dark"]]) {
  test(`pictures at ${width} pixels, ${colorScheme}`, async () => {
    for (const [name, hash] of [["alone", "#speed=full"], ["compared", "#speed=full&compare=true&images=2000"]]) {
      await withPage(hash, async (page) => {
        await untilTrained(page);
        await page.waitForFunction(() => document.getElementById("pause").disabled);
        await draw(page, ...DIGITS[4]);
        const wide = await page.evaluate(() =>
          [document.documentElement, ...document.querySelectorAll(".card, .stats, .toolbar")]
            .filter((element) => element.scrollWidth > element.clientWidth || element.getBoundingClientRect().right > innerWidth)
            .map((element) => element.className || element.tagName));
        assert.deepEqual(wide, []);
        await page.screenshot({ path: fileURLToPath(new URL(`${name}-${width}-${colorScheme}.png`, out)), fullPage: true });
      }, { width, colorScheme });
    }
  });
}

test("with reduced motion pictures change slowly", async () => {
  await withPage("#speed=full", async (page) => {
    await untilTrained(page);
    const shown = await page.evaluate(() => performance.getEntriesByName("shown").map((entry) => entry.startTime));
    const gaps = shown.slice(2, -1).map((time, i) => time - shown[i + 1]);
    assert.ok(gaps.every((gap) => gap > 1000), `${gaps} ms`);
  }, { reducedMotion: "reduce" });
});
