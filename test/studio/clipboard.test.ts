import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing, type Studio, settled, startStudio } from "./studioPage.js";

const valuesOf = (fields: Element[]) => fields.map((field) => (field as HTMLTextAreaElement).value);

describe.skipIf(missing)(`copying${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  let origin: string;
  beforeAll(async () => {
    studio = await startStudio();
    origin = new URL(studio.server.address).origin;
  });
  afterAll(() => studio?.close());

  test("commands, code and link are on the clipboard as they are on the page, until the page shows something else", async () => {
    const { page, problems } = await studio.open();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin });
    await page.evaluate("tomogradStudio.simulate({ views: 8, rows: 24, columns: 24 })");
    await page.evaluate("tomogradStudio.reconstruct({ method: 'os-sqs', size: 16, iterations: 2 })");
    await page.evaluate("tomogradStudio.hideXRay(() => 0.55)");
    await page.evaluate("tomogradStudio.register()");
    await page.getByRole("tab", { name: "Export" }).click();
    await settled(page);
    for (const [button, made, ofView] of [
      ["Copy as command", "tomogradStudio.commands().join('\\n')", true],
      ["Copy as code", "tomogradStudio.code()", true],
      ["Copy reconstruction as code", "tomogradStudio.codeOfReconstruction()", false],
      ["Copy registration as code", "tomogradStudio.codeOfRegistration()", false],
      ["Copy link", "tomogradStudio.link()", true],
    ] as const) {
      const copy = page.getByRole("button", { name: button, exact: true });
      await copy.click();
      await expect.poll(() => copy.count()).toBe(0);
      expect(await page.getByRole("button", { name: "Copied" }).count()).toBeGreaterThan(0);
      const text = await page.evaluate<string>("navigator.clipboard.readText()");
      expect(text.length).toBeGreaterThan(80);
      expect(text).toBe(await page.evaluate(made));
      expect(await page.locator("textarea.taken").evaluateAll(valuesOf)).toContain(text);
      await page.evaluate("tomogradStudio.steer({ laoDeg: tomogradStudio.arm().laoDeg + 1 })");
      await settled(page);
      await expect.poll(() => copy.count()).toBe(ofView ? 1 : 0);
    }
    expect(problems).toEqual([]);
    await page.close();
  });

  test("a browser that lets nothing be copied is told of in words", async () => {
    const { page, problems } = await studio.open();
    // what is not granted is then refused
    await page.context().grantPermissions(["geolocation"], { origin });
    await page.getByRole("tab", { name: "Export" }).click();
    await settled(page);
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect
      .poll(() => page.getByRole("alert").textContent())
      .toContain("The browser does not let the page copy: select the text and copy it by hand.");
    expect(await page.getByRole("button", { name: "Copied" }).count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });
});
