import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dicomSeriesFiles } from "../../src/io/index.js";
import { createGrid } from "../../src/volume/index.js";
import { becomes, drop, missing, type Studio, settled, startStudio, TABLET } from "./studioPage.js";

const PANELS = ["Open", "Look", "Reconstruct", "Register", "Export"];
const tab = (page: Page, name: string) => page.getByRole("tab", { name, exact: true });
const theme = (page: Page) => page.evaluate<string>("document.documentElement.dataset.theme");

/** Brings scan, reconstruction, X-ray and registration onto the page, so that every panel has all it can have. */
async function fill(page: Page): Promise<void> {
  await page.evaluate("tomogradStudio.simulate({ views: 8, rows: 24, columns: 24, photons: 1e5 })");
  await page.evaluate("tomogradStudio.reconstruct({ method: 'sirt', size: 16, iterations: 3 })");
  await page.evaluate("tomogradStudio.hideXRay(() => 0.55)");
  await page.evaluate("tomogradStudio.register()");
  await settled(page);
}

/** Two series of air: the page asks which one is meant. */
async function dropTwoSeries(page: Page): Promise<void> {
  const grid = createGrid({ size: [4, 4, 4], spacing: [2, 2, 2] });
  const air = { quantity: "hounsfield", grid, values: new Int16Array(64).fill(-1000) } as const;
  const files = [];
  for (const seriesDescription of ["native", "contrast"])
    for (const [name, bytes] of await dicomSeriesFiles(air, { seriesDescription }))
      files.push({ name: `${seriesDescription}-${name}`, bytes });
  await drop(page, files);
}

/** What has the focus: its name, and how its ring stands out from what is around it. */
interface Focus {
  readonly name: string;
  /** Whether it had the focus before. */
  readonly again: boolean;
  /** Contrast of the ring to its background, 1 to 21 (WCAG 2); undefined: there is no ring, or it is not in sight. */
  readonly contrast: number | undefined;
}

/** In the page: what has the focus; undefined where nothing has it. */
function focused(): Focus | undefined {
  const active = document.activeElement as HTMLElement;
  if (active === document.body) return undefined;
  const again = active.dataset.reached === "yes";
  active.dataset.reached = "yes";
  const label = active.closest("label");
  const named = (active as HTMLInputElement).labels?.[0] ?? active;
  const name = active.getAttribute("aria-label") ?? named.textContent ?? "";
  // a hidden input shows its focus on what stands for it
  const stands = active.matches(".segments input") ? active.nextElementSibling : label;
  const rings = [active, stands].flatMap((element) => {
    if (!element) return [];
    const [own, after] = [getComputedStyle(element), getComputedStyle(element, "::after")];
    const outlined = own.outlineStyle === "solid" && Number.parseFloat(own.outlineWidth) >= 2;
    const framed = after.borderTopStyle === "solid" && Number.parseFloat(after.borderTopWidth) >= 2;
    const { left, top, width, height } = element.getBoundingClientRect();
    const at = document.elementFromPoint(left + width / 2, top + height / 2);
    // what hides its own element, as file inputs are, cannot be seen
    const seen = width > 2 && (element.contains(at) || at?.closest("label") === element);
    if (!seen || !(outlined || framed)) return [];
    const inside = framed || Number.parseFloat(own.outlineOffset) < 0;
    return [{ element, color: outlined ? own.outlineColor : after.borderTopColor, inside }];
  });
  const channels = (color: string) => {
    const numbers = (color.match(/[\d.]+/g) ?? []).map(Number);
    return color.startsWith("color(") ? numbers.map((value, i) => (i < 3 ? 255 * value : value)) : numbers;
  };
  const luminance = (color: string) => {
    const [r, g, b] = channels(color)
      .slice(0, 3)
      .map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrasts = rings.map(({ element, color, inside }) => {
    let behind = inside ? element : element.parentElement;
    const clear = (one: Element) => channels(getComputedStyle(one).backgroundColor)[3] === 0;
    while (behind?.parentElement && clear(behind)) behind = behind.parentElement;
    const [a, b] = [color, getComputedStyle(behind as Element).backgroundColor].map(luminance);
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
  return { name, again, contrast: contrasts.length > 0 ? Math.max(...contrasts) : undefined };
}

/** In the page: controls in sight that the Tab key has not reached; of radio buttons one is enough. */
function unreached(): string[] {
  const all = [...document.querySelectorAll<HTMLElement>("button, input, select, textarea, summary, [tabindex]")];
  const reached = new Set(all.filter(({ dataset }) => dataset.reached === "yes"));
  const groups = new Set([...reached].map((one) => one.matches("[type=radio]") && (one as HTMLInputElement).name));
  return all
    .filter((one) => one.tabIndex >= 0 && !one.matches(":disabled") && one.checkVisibility() && !reached.has(one))
    .filter((one) => !(one.matches("[type=radio]") && groups.has((one as HTMLInputElement).name)))
    .map(({ outerHTML }) => outerHTML.slice(0, 120));
}

/** In the page: controls smaller than a finger, each with what is pressed in its place. */
function small(least: number): string[] {
  return [...document.querySelectorAll<HTMLElement>("button, input, select, textarea, summary, .button")]
    .filter((one) => one.checkVisibility())
    .map((one) => ({ one, pressed: one.closest<HTMLElement>("label") ?? one }))
    .map(({ one, pressed }) => ({ one, box: pressed.getBoundingClientRect() }))
    .filter(({ box }) => box.width < least || box.height < least)
    .map(({ one, box }) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${one.outerHTML.slice(0, 120)}`);
}

/** In the page: words that are cut off, or that reach over the edge of the window or of their panel. */
function cutOff(): string[] {
  const words = "h1, h2, h3, button, legend, dt, label, .tabs button, .segments span, summary, .hint, figcaption";
  return [...document.querySelectorAll<HTMLElement>(words)]
    .filter((one) => one.checkVisibility() && one.clientWidth > 2 && !one.matches(".lamp"))
    .filter((one) => {
      const edge = one.closest("#panel, .tabs, .masthead, .status")?.getBoundingClientRect().right ?? innerWidth;
      return one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > edge + 0.5;
    })
    .map(({ outerHTML }) => outerHTML.slice(0, 120));
}

describe.skipIf(missing)(`handling the page${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let studio: Studio;
  beforeAll(async () => {
    studio = await startStudio();
  });
  afterAll(() => studio?.close());

  test.each(["dark", "light"] as const)(
    "the Tab key reaches every control of every panel, and a ring shows where it is, in the %s theme",
    async (theme) => {
      const { page } = await studio.open({ theme });
      await fill(page);
      for (const name of PANELS) {
        await tab(page, name).click();
        await page.evaluate(
          "for (const one of document.querySelectorAll('[data-reached]')) delete one.dataset.reached",
        );
        for (let count = 0; ; count++) {
          await page.keyboard.press("Tab");
          const focus = await page.evaluate(focused);
          if (!focus) continue;
          if (focus.again) break;
          expect(focus.name.trim()).not.toBe("");
          // WCAG 2, 1.4.11: 3 to 1
          expect(focus.contrast, `${name}: ${focus.name}`).toBeGreaterThanOrEqual(3);
          expect(count).toBeLessThan(150);
        }
        expect(await page.evaluate(unreached), name).toEqual([]);
      }
      await page.close();
    },
    120_000,
  );

  test("arrows, Home and End go through the tabs, of which the Tab key reaches one", async () => {
    const { page } = await studio.open();
    await tab(page, "Open").focus();
    await tab(page, "Open").press("ArrowRight");
    const selected = async () => [
      await page.evaluate<string>("document.activeElement.textContent"),
      await page.locator("[role=tab][aria-selected=true]").textContent(),
      await page.locator("[role=tab][tabindex='0']").allTextContents(),
    ];
    // from the one that is selected, not from where the focus was put
    expect(await selected()).toEqual(["Reconstruct", "Reconstruct", ["Reconstruct"]]);
    for (const [key, name] of [
      ["ArrowLeft", "Look"],
      ["Home", "Open"],
      ["ArrowLeft", "Export"],
      ["ArrowRight", "Open"],
      ["End", "Export"],
    ]) {
      await page.keyboard.press(key);
      expect(await selected(), key).toEqual([name, name, [name]]);
    }
    expect(await page.getByRole("tabpanel", { name: "Export" }).count()).toBe(1);
    await page.close();
  });

  test("keys walk around the scene, and Home goes back", async () => {
    const { page } = await studio.open();
    await settled(page);
    const scene = page.getByRole("application", { name: /^Source, detector/ });
    const picture = () => scene.evaluate((element) => element.querySelector("canvas")!.toDataURL());
    await page.waitForTimeout(300);
    const still = await picture();
    for (const key of ["ArrowLeft", "ArrowUp"]) {
      await scene.press(key);
      await expect.poll(picture).not.toBe(still);
      await scene.press("Home");
      await expect.poll(picture).toBe(still);
    }
    await page.close();
  });

  test("Escape closes what lies on top: note, message, choice, enlarged view, one after the other", async () => {
    const { page } = await studio.open();
    await page.getByRole("button", { name: "Enlarge Coronal" }).click();
    await dropTwoSeries(page);
    const choice = page.getByRole("group", { name: /^Several series/ });
    await choice.waitFor();
    await page.getByLabel("Web address").fill("https://");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.getByRole("alert").waitFor();
    await page.locator(".status .lamp").click();
    const open = async () => [
      await page.getByRole("heading", { name: "What computes" }).count(),
      await page.getByRole("alert").count(),
      await choice.count(),
      await page.getByRole("button", { name: "Show all views" }).count(),
    ];
    expect(await open()).toEqual([1, 1, 1, 1]);
    for (const left of [
      [0, 1, 1, 1],
      [0, 0, 1, 1],
      [0, 0, 0, 1],
      [0, 0, 0, 0],
    ]) {
      await page.keyboard.press("Escape");
      await expect.poll(open).toEqual(left);
    }
    await page.close();
  });

  test("the theme is dark until the other is chosen, which stays", async () => {
    const { page } = await studio.open();
    expect(await theme(page)).toBe("dark");
    const background = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const dark = await background();
    await page.getByRole("button", { name: "Light theme" }).click();
    expect(await theme(page)).toBe("light");
    expect(await background()).not.toBe(dark);
    await page.reload();
    await becomes(page, "window.tomogradStudio?.shown() !== undefined");
    expect(await theme(page)).toBe("light");
    await page.getByRole("button", { name: "Dark theme" }).click();
    expect(await theme(page)).toBe("dark");
    await page.close();
  });

  test.each(["no-preference", "reduce"] as const)("flicker: motion %s", async (reducedMotion) => {
    const { page } = await studio.open({ context: { reducedMotion } });
    await page.evaluate("tomogradStudio.hideXRay(() => 0.6)");
    await settled(page);
    await tab(page, "Register").click();
    await page.locator("#panel .segments").getByText("Flicker", { exact: true }).click();
    const comparison = page.getByRole("region", { name: "Comparison" });
    const swap = comparison.getByRole("button", { name: /^Show the (X-ray|rendering)$/ });
    const words = new Set<string | null>();
    for (let k = 0; k < 15; k++) {
      words.add(await comparison.locator(".about").textContent());
      await page.waitForTimeout(100);
    }
    const both = ["flicker, now the X-ray", "flicker, now the rendering"];
    if (reducedMotion === "no-preference") {
      expect([...words].sort()).toEqual([...both].sort());
      expect(await swap.count()).toBe(0);
    } else {
      expect([...words]).toEqual([both[0]]);
      await swap.click();
      await expect.poll(() => comparison.locator(".about").textContent()).toBe(both[1]);
    }
    await page.close();
  });

  test.each([
    { width: 1024, height: 768 },
    { width: 768, height: 1024 },
  ])("on a tablet of $width x $height nothing that is pressed is smaller than 40 pixels", async (size) => {
    const { page } = await studio.open({ ...size, context: TABLET });
    await fill(page);
    for (const name of PANELS) {
      await tab(page, name).click();
      expect(await page.evaluate(small, 40), name).toEqual([]);
    }
    await page.close();
  });

  test.each([
    { width: 1280, height: 720, context: {} },
    { width: 1024, height: 768, context: TABLET },
    { width: 768, height: 1024, context: TABLET },
  ])("no word is cut off at $width x $height", async (size) => {
    const { page } = await studio.open(size);
    for (const full of [false, true]) {
      if (full) await fill(page);
      for (const name of PANELS) {
        await tab(page, name).click();
        await page.waitForTimeout(50);
        expect(await page.evaluate(cutOff), name).toEqual([]);
      }
    }
    await page.close();
  });
});
