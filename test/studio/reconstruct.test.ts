import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repeated } from "./commandLine.js";
import { becomes, greys, missing, type Opened, type Studio, startStudio } from "./studioPage.js";

const valuesOf = (options: Element[]) => options.map((option) => (option as HTMLOptionElement).value);
const button = (page: Page, name: string | RegExp) => page.locator("#panel").getByRole("button", { name });

/** Pearson's. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (product: (i: number) => number) => a.reduce((total, _, i) => total + product(i), 0);
  const ab = sum((i) => (a[i] - ma) * (b[i] - mb));
  return ab / Math.sqrt(sum((i) => (a[i] - ma) ** 2) * sum((i) => (b[i] - mb) ** 2));
}

/** The lines of the chart of that name, in its pixels: y downwards. */
const lines = (page: Page, name: string) =>
  page.evaluate<{ x: number[]; y: number[] }[]>(`(() => {
    const chart = document.querySelector('#panel svg[aria-label^="${name}"]');
    return [...chart?.querySelectorAll("polyline") ?? []].map((line) => {
      const points = line.getAttribute("points").split(" ").map((point) => point.split(",").map(Number));
      return { x: points.map(([x]) => x), y: points.map(([, y]) => y) };
    });
  })()`);

describe.skipIf(missing)(`reconstructing and registering${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let opened: Opened;
  let page: Page;
  const work = mkdtempSync(join(tmpdir(), "tomograd-studio-"));
  beforeAll(async () => {
    studio = await startStudio();
    opened = await studio.open();
    page = opened.page;
    await page.getByRole("tab", { name: "Reconstruct" }).click();
  });
  afterAll(async () => {
    await studio?.close();
    rmSync(work, { recursive: true, force: true });
  });

  test("60 views on 32 voxels a side give what the command line makes of their run files", async () => {
    await page.evaluate("tomogradStudio.simulate({ views: 60, rows: 64, columns: 64 })");
    const done = await page.evaluate<{ psnr: number }>(
      "tomogradStudio.reconstruct({ method: 'os-sart', size: 32, iterations: 8 })",
    );
    expect(Math.abs((await repeated(page, work)).psnr - done.psnr)).toBeLessThan(0.05);
    // 8 epochs of SART on a chest of 11 mm voxels: well above a volume of water (about 10 dB)
    expect(done.psnr).toBeGreaterThan(25);
    expect(await page.getByTestId("figures").innerText()).toContain(`${done.psnr.toFixed(2)} dB`);
  });

  test("every method of the list reconstructs", async () => {
    const methods = await page.getByLabel("Method").locator("option").evaluateAll(valuesOf);
    expect(methods).toContain("fdk");
    await page.evaluate("tomogradStudio.simulate({ views: 24, rows: 32, columns: 32 })");
    for (const method of methods) {
      await page.evaluate(`tomogradStudio.reconstruct({ method: '${method}', size: 16, iterations: 3 })`);
      expect(await page.evaluate("tomogradStudio.failure()")).toBeUndefined();
      // better than a volume of water, as above
      expect(await page.evaluate<number>("tomogradStudio.reconstruction().psnr"), method).toBeGreaterThan(10);
    }
  });

  test("a volume that does not fit is refused with what would, and the page goes on", async () => {
    const worker = page.workers().find((one) => /assets\/worker/.test(one.url()))!;
    const before = await page.evaluate("tomogradStudio.patient()");
    await worker.evaluate(
      "self.granted = WebAssembly.Memory.prototype.grow; WebAssembly.Memory.prototype.grow = () => { throw new RangeError('no pages are left') };",
    );
    await page.evaluate("tomogradStudio.reconstruct({ method: 'sirt', size: 256, iterations: 2 })");
    const words = await page.getByRole("alert").textContent();
    expect(words).toMatch(/^There is not enough memory: .* MiB are taken\. Take fewer voxels per side/);
    await worker.evaluate("WebAssembly.Memory.prototype.grow = self.granted;");
    await page.evaluate("tomogradStudio.simulate({ views: 720, rows: 1024, columns: 1024 })");
    expect(await page.getByRole("alert").textContent()).toMatch(/^There is not enough memory: .* Take fewer views/);
    expect(await page.evaluate("tomogradStudio.patient()")).toEqual(before);
    const done = await page.evaluate<{ psnr: number }>(
      "tomogradStudio.reconstruct({ method: 'os-sart', size: 32, iterations: 8 })",
    );
    expect(done.psnr).toBeGreaterThan(25);
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("slices and X-ray show truth, result and difference; the profile has both curves", async () => {
    await page.evaluate("tomogradStudio.simulate({ views: 60, rows: 64, columns: 64 })");
    await page.evaluate("tomogradStudio.reconstruct({ method: 'os-sart', size: 32, iterations: 8 })");
    await page.evaluate("tomogradStudio.pointAt([12, 20, -180])");
    const axial = () => greys(page, "section[aria-label=Axial] canvas");
    const show = async (name: string) => {
      await page.locator("#panel .segments").first().getByText(name, { exact: true }).click();
      const shown = name === "Truth" ? "" : name.toLowerCase();
      await becomes(page, `(document.querySelector("section[aria-label=Axial] em")?.textContent ?? "") === "${shown}"`);
    };
    // nothing but air at the edge: air is black, no difference mid-grey
    await show("Difference");
    await expect.poll(async () => Math.abs((await axial())[0] - 128), { timeout: 10_000 }).toBeLessThanOrEqual(2);
    const difference = await axial();
    expect(Math.max(...difference) - Math.min(...difference)).toBeGreaterThan(100);
    await show("Reconstruction");
    await expect.poll(async () => (await axial())[0], { timeout: 10_000 }).toBeLessThanOrEqual(2);
    const result = await axial();
    await show("Truth");
    await expect.poll(async () => (await axial()).length, { timeout: 10_000 }).not.toBe(result.length);
    expect((await axial())[0]).toBe(0);
    await page.locator("#panel .segments").nth(1).getByText("Reconstruction", { exact: true }).click();
    await becomes(page, "tomogradStudio.shown().shown === 'reconstruction'");
    // 0.98 and 0.71: where few rays go, at the upper and lower end, the result is poor
    for (const [name, mm, least] of [
      ["L–R", 360, 0.9],
      ["S–I", 332, 0.5],
    ] as const) {
      await page.locator("#panel").getByText(name, { exact: true }).click();
      const curves = () => lines(page, "Profile");
      // positions are those of voxels of 11.25 mm
      await expect.poll(async () => (await curves())[0]?.x.length).toBe(Math.round(mm / 11.25));
      const [truth, result] = await curves();
      expect(result.x).toEqual(truth.x);
      expect(result.y).not.toEqual(truth.y);
      expect(correlation(result.y, truth.y)).toBeGreaterThan(least);
    }
  });

  test("a bar counts the iterations up and goes; cost and residual are drawn, and fall", async () => {
    await page.evaluate("tomogradStudio.simulate({ views: 24, rows: 32, columns: 32 }).then(() => undefined)");
    const shares = await page.evaluate<number[]>(`(async () => {
      const shares = [];
      let running = true;
      const look = () => {
        const bar = document.querySelector(".masthead progress");
        if (bar?.hasAttribute("value")) shares.push(bar.value);
        if (running) requestAnimationFrame(look);
      };
      look();
      await tomogradStudio.reconstruct({ method: "sirt", size: 16, iterations: 200 });
      running = false;
      return shares;
    })()`);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(new Set(shares).size).toBeGreaterThan(3);
    expect(shares[0]).toBeLessThan(0.5);
    expect(shares.at(-1)).toBeLessThanOrEqual(1);
    await becomes(page, "!document.querySelector('.masthead progress')");
    expect(await page.locator("#panel").innerText()).toContain("Iteration 200 of 200");
    const steps = await page.evaluate<{ value: number; residual: number }[]>("tomogradStudio.steps()");
    for (const [name, of] of [
      ["Cost", "value"],
      ["RMS residual", "residual"],
    ] as const) {
      const [{ x, y }] = await lines(page, name);
      expect(x).toHaveLength(200);
      expect(x).toEqual([...x].sort((a, b) => a - b));
      // downwards on the page; SIRT never rises
      expect(y).toEqual([...y].sort((a, b) => a - b));
      expect(y.at(-1)).toBeGreaterThan(y[0] + 50);
      const label = await page.locator(`#panel svg[aria-label^="${name}"]`).getAttribute("aria-label");
      const [low, high] = /from (\S+) to (\S+)/.exec(label!)!.slice(1).map(Number);
      // three digits are written
      expect(Math.abs(high / steps[0][of] - 1)).toBeLessThan(0.05);
      expect(Math.abs(low / steps[199][of] - 1)).toBeLessThan(0.05);
    }
  });

  test("a run is held and goes on to the same volume as one that was not", async () => {
    const run = "tomogradStudio.reconstruct({ method: 'os-sart', size: 32, iterations: 60 })";
    const figures =
      "(({ psnr, ssim, rmse, stopped, history }) => ({ psnr, ssim, rmse, stopped, history }))(tomogradStudio.reconstruction())";
    await page.evaluate(`${run}.then(() => undefined)`);
    const straight = await page.evaluate(figures);
    await page.evaluate(`void ${run}`);
    await becomes(page, "tomogradStudio.steps().length > 2");
    await button(page, "Pause").click();
    await expect.poll(() => page.locator("#panel").innerText()).toContain(", paused");
    await page.waitForTimeout(300);
    const count = () => page.evaluate<number>("tomogradStudio.steps().length");
    const held = await count();
    expect(held).toBeLessThan(60);
    await page.waitForTimeout(500);
    expect(await count()).toBe(held);
    await button(page, "Resume").click();
    await becomes(page, "tomogradStudio.reconstruction() !== undefined");
    expect(await page.evaluate(figures)).toEqual(straight);
  });

  test("a run that is cancelled keeps what was done, and the next one goes its way", async () => {
    const run = "tomogradStudio.reconstruct({ method: 'os-sart', size: 32, iterations: 8 })";
    const before = await page.evaluate<{ psnr: number }>(run);
    await page.evaluate("void tomogradStudio.reconstruct({ method: 'sirt', size: 32, iterations: 5000 })");
    await becomes(page, "tomogradStudio.steps().length > 2");
    await button(page, "Cancel").click();
    await becomes(page, "!document.querySelector('progress')");
    expect(await page.evaluate("tomogradStudio.failure()")).toBeUndefined();
    expect(await page.evaluate("tomogradStudio.reconstruction().stopped")).toBe("aborted");
    expect(await page.locator("#panel").innerText()).toContain("Cancelled: this is what was done until then.");
    // held and then cancelled: not stuck
    await page.evaluate("void tomogradStudio.reconstruct({ method: 'sirt', size: 32, iterations: 5000 })");
    await button(page, "Pause").click();
    await button(page, "Cancel").click();
    await becomes(page, "!document.querySelector('progress')");
    expect((await page.evaluate<{ psnr: number }>(run)).psnr).toBe(before.psnr);
  });

  test("another volume ends a run without a word, and nothing of it is left", async () => {
    const open = (name: string) =>
      page.evaluate(
        `tomogradStudio.open({ name: "${name}", source: { from: "address", address: new URL("data/chest-lidc-idri-0001-small.nii.gz", document.baseURI).href } })`,
      );
    const nothingLeft = async () => {
      expect(
        await page.evaluate(
          "[tomogradStudio.scan(), tomogradStudio.steps().length, tomogradStudio.reconstruction(), tomogradStudio.failure()]",
        ),
      ).toEqual([undefined, 0, undefined, undefined]);
      expect(await page.locator(".masthead").innerText()).not.toMatch(/Reconstructing|Simulating|Cancel/);
      expect(await page.locator("#panel").innerText()).not.toMatch(/Iteration \d|paused|Pause|Resume|Cancel/);
      expect(await page.locator("#panel polyline").count()).toBe(0);
    };
    for (const paused of [false, true]) {
      await page.evaluate("tomogradStudio.simulate({ views: 40, rows: 64, columns: 64 }).then(() => undefined)");
      await page.evaluate("void tomogradStudio.reconstruct({ method: 'auto-tv', size: 64, iterations: 1000 })");
      await becomes(page, "tomogradStudio.steps().length > 2");
      if (paused) await button(page, "Pause").click();
      await open(paused ? "second" : "first");
      await nothingLeft();
      // what the worker still had under way has ended by then
      await page.evaluate("tomogradStudio.simulate({ views: 4, rows: 16, columns: 16 }).then(() => undefined)");
      await page.waitForTimeout(1000);
      expect(await page.evaluate("tomogradStudio.failure()")).toBeUndefined();
      expect(await page.evaluate("tomogradStudio.steps().length")).toBe(0);
    }
    await page.evaluate("void tomogradStudio.simulate({ views: 720, rows: 256, columns: 256 })");
    await button(page, "Cancel").waitFor();
    await open("third");
    await nothingLeft();
    await page.evaluate("tomogradStudio.openSample()");
  });

  test("a number that is typed is taken whole, or refused in words; nothing moves", async () => {
    const views = page.getByLabel("Views", { exact: true });
    const simulate = button(page, "Simulate");
    const message = page.locator("#panel .field small:not(:empty)");
    await page.evaluate("tomogradStudio.simulate({ views: 24, rows: 32, columns: 32 }).then(() => undefined)");
    const place = async () => (await simulate.boundingBox())!;
    const at = await place();
    await views.selectText();
    await views.pressSequentially("1000");
    expect(await message.innerText()).toBe("from 1 to 720");
    expect(await place()).toEqual(at);
    await page.evaluate("window.before = tomogradStudio.scan()");
    await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
    await page.mouse.down();
    await page.waitForTimeout(100);
    expect(await place()).toEqual(at);
    await page.mouse.up();
    await becomes(page, "tomogradStudio.scan() !== window.before");
    expect(await page.evaluate("tomogradStudio.scan().views")).toBe(24);
    expect(await views.inputValue()).toBe("24");
    expect(await message.innerText()).toBe("“1000” refused: from 1 to 720");
    await views.fill("25");
    await views.press("Enter");
    await simulate.click();
    await becomes(page, "tomogradStudio.scan()?.views === 25");
    await views.press("ArrowUp");
    expect(await views.inputValue()).toBe("26");
    expect(await message.count()).toBe(0);

    await page.getByRole("tab", { name: "Look" }).click();
    const lao = page.getByLabel("LAO (+) / RAO (−)", { exact: true });
    await page.evaluate("tomogradStudio.steer({ laoDeg: 5 })");
    for (const [text, then] of [
      ["720", 5],
      ["1e300", 5],
      ["", 5],
      ["0x10", 5],
      ["12,5", 12.5],
      ["−7.5", -7.5],
      ["1,2,3", -7.5],
    ] as const) {
      await lao.selectText();
      await lao.press("Delete");
      await lao.pressSequentially(text);
      await lao.press("Tab");
      expect(await page.evaluate("tomogradStudio.arm().laoDeg"), text).toBe(then);
      expect(await lao.inputValue(), text).toBe(then.toFixed(1));
    }
    const columns = page.getByLabel("Columns", { exact: true });
    const before = await page.evaluate("tomogradStudio.arm().columns");
    await columns.fill("99999");
    await columns.press("Tab");
    expect(await page.evaluate("tomogradStudio.arm().columns")).toBe(before);
    await page.evaluate("tomogradStudio.steer({ laoDeg: 0 })");
  });

  test("a search that is cancelled says so, and where the C-arm stands", async () => {
    await page.getByRole("tab", { name: "Register" }).click();
    await page.evaluate("tomogradStudio.hideXRay(() => 0.7)");
    await page.evaluate("tomogradStudio.steer({ laoDeg: 3 })");
    await button(page, "Register").click();
    await button(page, "Cancel").click();
    await becomes(page, "!document.querySelector('.masthead progress')");
    expect(await page.locator("#panel").innerText()).toMatch(
      /Cancelled (at iteration \d+|before the first iteration): the C‑arm was not moved, and stands at LAO 3°\s+CRAN 0°\./,
    );
    // nor does a search that another volume ends move it, or say a word
    await page.evaluate("void tomogradStudio.register()");
    await page.evaluate("tomogradStudio.openSample()");
    await page.waitForTimeout(500);
    expect(await page.locator(".masthead").innerText()).not.toMatch(/Registering/);
    expect(await page.evaluate("[tomogradStudio.failure(), tomogradStudio.arm().laoDeg]")).toEqual([undefined, 3]);
    expect(await page.locator("#panel").innerText()).not.toContain("Cancelled");
  });

  test("a hidden pose is found to half a millimeter", async () => {
    await page.getByRole("tab", { name: "Register" }).click();
    // five numbers of the pose: two of the angles, three of the place
    await page.evaluate(
      "(() => { const draws = [0.9, 0.2, 0.7, 0.85, 0.3]; let at = 0; return tomogradStudio.hideXRay(() => draws[at++]); })()",
    );
    await button(page, "Register").click();
    await becomes(page, "document.querySelector('.verdict') !== null", 60);
    const words = await page.getByTestId("registration").innerText();
    const [, before, after] = /([\d.]+) → ([\d.]+) mm/.exec(words) ?? [];
    expect(Number(before)).toBeGreaterThan(5);
    expect(Number(after)).toBeLessThan(0.5);
    for (const name of ["Checkerboard", "Flicker", "Edges"]) {
      await page.locator("#panel .segments").getByText(name, { exact: true }).click();
      expect(await page.getByRole("region", { name: "Comparison" }).innerText()).toContain(name.toLowerCase());
    }
  });

  test("nothing went wrong on the way", () => expect(opened.problems).toEqual([]));
});
