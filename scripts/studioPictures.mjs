/**
 * `npm run studio-pictures -- FOLDER`: pictures of the studio in every state, at the size of a laptop and of a tablet held
 * either way, in both themes, to be looked at. `--only NAME` takes the states whose names contain that. `--docs` takes
 * those of the documentation, docs/images/studio*.webp, instead.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, root, say } from "./node.mjs";
import { startStudioBrowser } from "./studioBrowser.mjs";

const SIZES = {
  laptop: { viewport: { width: 1280, height: 720 } },
  tablet: { viewport: { width: 1024, height: 768 }, hasTouch: true, isMobile: true },
  upright: { viewport: { width: 768, height: 1024 }, hasTouch: true, isMobile: true },
};
const THEMES = ["dark", "light"];
const CHEST = join(root, "data/chest-lidc-idri-0001-small.nii.gz");

/** The documentation's, by the states that they show. */
const DOCS = { "look-oblique": "studio", "tour-5": "studio-reconstruct", "register-edges": "studio-register" };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, docs: { type: "boolean", default: false } },
});

const tab = (page, name) => page.getByRole("tab", { name }).click();
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const choose = (page, text) => page.locator("#panel").getByText(text, { exact: true }).last().click();
const exact = (page) => page.evaluate("tomogradStudio.image().then(() => undefined)");
const scroll = (page, top) => page.locator("#panel").evaluate((panel, y) => panel.scrollTo(0, y), top);
const later = (ms) => (page) => page.waitForTimeout(ms);

/** Waits until an expression of the page is true. */
async function until(page, expression) {
  while (!(await page.evaluate(expression))) await page.waitForTimeout(50);
}

/** Waits until nothing is under way. */
async function idle(page) {
  await page.waitForTimeout(200);
  await page.locator(".masthead .task").waitFor({ state: "detached", timeout: 300_000 });
}

const simulate = (views) => (page) =>
  page.evaluate(`tomogradStudio.simulate({ views: ${views}, rows: 96, columns: 96 }).then(() => undefined)`);
const reconstruct = (method) => (page) =>
  page.evaluate(`tomogradStudio.reconstruct({ method: '${method}', size: 64 }).then(() => undefined)`);
/** A hidden X-ray, the same every time. */
const hide = (page) => page.evaluate("(() => { let n = 0; return tomogradStudio.hideXRay(() => (n += 0.37) % 1); })()");
const register = (page) => page.evaluate("tomogradStudio.register().then(() => undefined)");

/** What is done, one after the other on one page, and what it is called; a name that ends in "." takes no picture. */
const STATES = [
  ["look", exact],
  ["look-lower", (page) => scroll(page, 9999)],
  ["look-matrix", (page) => choose(page, "Projection matrix"), (page) => scroll(page, 9999)],
  [
    "look-oblique",
    (page) => page.evaluate("tomogradStudio.steer({ laoDeg: 38, cranDeg: 14 })"),
    exact,
    (page) => scroll(page, 0),
  ],
  ["look-fluoroscopy-lung", (page) => choose(page, "Fluoroscopy"), (page) => choose(page, "Lung")],
  ["look-enlarged", (page) => press(page, "Enlarge Coronal")],
  [
    "look-no-beam",
    (page) => press(page, "Show all views"),
    (page) => choose(page, "Radiograph"),
    (page) => choose(page, "Soft tissue"),
    (page) => page.evaluate("tomogradStudio.steer({ sid: 1100 })"),
  ],
  [
    "open",
    (page) => page.evaluate("tomogradStudio.steer({ sid: 850, laoDeg: 0, cranDeg: 0 })"),
    exact,
    (page) => tab(page, "Open"),
  ],
  [
    "open-error",
    (page) =>
      page.getByLabel("Files…").setInputFiles({
        name: "letter.nii",
        mimeType: "application/octet-stream",
        buffer: Buffer.from("Dear reader, this is no scan."),
      }),
    (page) => page.getByRole("alert").waitFor(),
  ],
  ["open-lower", (page) => press(page, "Dismiss"), (page) => scroll(page, 9999)],
  ["drop", (page) => page.evaluate("document.querySelector('.page').dataset.over = 'true'")],
  [
    "reconstruct",
    (page) => page.evaluate("document.querySelector('.page').dataset.over = 'false'"),
    (page) => tab(page, "Reconstruct"),
    (page) => scroll(page, 0),
  ],
  ["reconstruct-lower", (page) => scroll(page, 9999)],
  ["reconstruct-scanned", simulate(60), (page) => scroll(page, 330)],
  [
    "reconstruct-during",
    (page) => {
      page.evaluate("void tomogradStudio.reconstruct({ method: 'sirt', size: 64 })");
    },
    (page) => until(page, "tomogradStudio.steps().length > 4"),
    (page) => scroll(page, 9999),
  ],
  ["reconstruct-paused", (page) => press(page, "Pause"), later(300)],
  [
    "reconstruct-cancelled",
    (page) => press(page, "Resume"),
    (page) => page.locator("#panel").getByRole("button", { name: "Cancel" }).click(),
    idle,
  ],
  ["reconstruct-done", reconstruct("fdk"), (page) => scroll(page, 700)],
  ["reconstruct-compared", (page) => scroll(page, 9999)],
  ["reconstruct-difference", (page) => choose(page, "Difference"), later(500)],
  ["tour-1", (page) => scroll(page, 0), (page) => press(page, "Take the tour: from one view to 120"), idle],
  ["tour-2-during", (page) => press(page, "Next"), (page) => until(page, "tomogradStudio.steps().length > 10")],
  ["tour-2", idle, exact],
  ["tour-3", (page) => press(page, "Next"), idle, exact],
  ["tour-4", (page) => press(page, "Next"), idle, exact],
  ["tour-5", (page) => press(page, "Next"), idle, exact],
  ["tour-6", (page) => press(page, "Next"), idle, exact],
  ["export", (page) => tab(page, "Export"), (page) => scroll(page, 0)],
  ["export-lower", (page) => scroll(page, 9999)],
  ["register", (page) => page.evaluate("tomogradStudio.openSample()"), (page) => tab(page, "Register"), exact],
  ["register-hidden", hide, exact, later(400)],
  [
    "register-during",
    (page) => {
      page.evaluate("void tomogradStudio.register()");
    },
    (page) => page.locator("#panel .curves").first().waitFor(),
  ],
  [
    "register-edges",
    (page) =>
      page
        .locator(".masthead")
        .getByRole("button", { name: "Cancel" })
        .click()
        .catch(() => undefined),
    idle,
    hide,
    register,
    exact,
    later(400),
    (page) => scroll(page, 0),
  ],
  ["register-result", (page) => scroll(page, 9999)],
  ["register-checkerboard", (page) => choose(page, "Checkerboard"), later(300)],
  ["register-flicker", (page) => choose(page, "Flicker"), later(500)],
  ["register-xray", (page) => choose(page, "X-ray"), later(300)],
];

/** A picture as the browser writes WebP: a fifth of the bytes of a PNG. */
async function asWebp(page, png) {
  const base64 = await page.evaluate(async (bytes) => {
    const image = Object.assign(new Image(), { src: `data:image/png;base64,${bytes}` });
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.9).split(",")[1];
  }, png.toString("base64"));
  return Buffer.from(base64, "base64");
}

/** Keeps one picture in a folder, for those who look. */
const kept = (folder, sizeName, theme) => async (page, name) => {
  if (options.only !== undefined && !name.includes(options.only)) return;
  await page.screenshot({ path: join(folder, `${name}-${sizeName}-${theme}.png`) });
};

/** Keeps a picture of the documentation. */
async function documented(page, name) {
  if (DOCS[name] === undefined) return;
  writeFileSync(join(root, `docs/images/${DOCS[name]}.webp`), await asWebp(page, await page.screenshot()));
}

/** Pictures of one page. Waits of 200 ms let frames be drawn. */
async function takePictures({ browser, address }, sizeName, theme, keep) {
  const page = await browser.newPage(SIZES[sizeName]);
  page.on("pageerror", (error) => say(`${sizeName} ${theme}: ${error.message}`));
  await page.addInitScript((value) => localStorage.setItem("tomograd-theme", value), theme);
  const shoot = async (name) => {
    await page.waitForTimeout(200);
    await keep(page, name);
  };
  // the scan waits until the page has been seen without it
  let send = () => undefined;
  const asked = new Promise((take) => {
    send = take;
  });
  await page.route("**/data/*.nii.gz", async (route) => {
    await asked;
    await route.fulfill({ body: readFileSync(CHEST) });
  });
  await page.goto(address);
  await until(page, "tomogradStudio.backend() !== undefined");
  await shoot("loading");
  send();
  for (const [name, ...steps] of STATES) {
    for (const step of steps) await step(page);
    await shoot(name);
    say(`${sizeName} ${theme}: ${name}`);
  }
  await page.context().close();
}

if (positionals.length !== (options.docs ? 0 : 1)) {
  console.error("usage: npm run studio-pictures -- FOLDER [--only NAME], or --docs");
  process.exit(2);
}
if (attempt(build)) {
  const [folder] = positionals;
  if (folder) mkdirSync(folder, { recursive: true });
  const studio = await startStudioBrowser();
  try {
    if (options.docs) await takePictures(studio, "laptop", "dark", documented);
    else
      for (const size of Object.keys(SIZES))
        for (const theme of THEMES) await takePictures(studio, size, theme, kept(folder, size, theme));
  } finally {
    await studio.close();
  }
}
