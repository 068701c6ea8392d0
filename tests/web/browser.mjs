// A browser with a page, and what tests do with it.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";

export const out = new URL("out/", import.meta.url);
// A GPU in software, which does as one in hardware does, only slowly.
const args = ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });

export const closeBrowser = () => browser.close();

/** Opens the page with the settings of a link, and calls `use`; fails with whatever the console had to say. */
export async function withPage(hash, use, options = {}, file = "page.html") {
  const { width = 1400, ...context } = options;
  const page = await browser.newPage({ viewport: { width, height: 1000 }, ...context });
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!/^(file|blob|data):/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });
  try {
    await page.goto(new URL(file, out).href + hash);
    await use(page);
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
  }
}

export const text = (page, selector) => page.locator(selector).first().textContent();

export async function untilTrained(page) {
  await page.waitForFunction(() => document.getElementById("digest").textContent !== "", null, { timeout: 120_000 });
}

/** Spikes in answer to so many images of noise. */
export async function spikesOfNoise(page, images) {
  let sum = 0;
  for (let i = 0; i < images; i++) {
    const before = await page.evaluate(() => performance.getEntriesByName("shown").length);
    await page.click("#stimuli [value=noise]");
    await page.waitForFunction((before) => performance.getEntriesByName("shown").length > before, before);
    sum += Number((await text(page, ".stat-spikes")).replace(",", ""));
  }
  return sum / images;
}

/** Draws lines through points, 0 to 1 of the canvas's side, by the mouse. */
export async function draw(page, ...lines) {
  await page.click("#clear");
  await page.locator("#drawing").scrollIntoViewIfNeeded();
  const box = await page.locator("#drawing").boundingBox();
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  for (const [first, ...others] of lines) {
    await page.mouse.move(...at(first));
    await page.mouse.down();
    for (const point of others) await page.mouse.move(...at(point), { steps: 8 });
    await page.mouse.up();
  }
  await page.waitForFunction(() => document.getElementById("drawn").textContent !== "");
  // The answer to the last stroke.
  await page.waitForTimeout(300);
  return text(page, "#drawn");
}
