/**
 * `npm run studio-pictures -- FOLDER`: pictures of the studio in every state (`studioStates.mjs`), at the size of a laptop
 * and of a tablet held either way, in both themes, to be looked at. `--only NAME` takes the states whose names contain
 * that. `--docs` takes those of the documentation, docs/images/studio*.webp, instead.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, root, say } from "./node.mjs";
import { startStudioBrowser } from "./studioBrowser.mjs";
import { PAGES, SOFTWARE_GPU, STATES, until } from "./studioStates.mjs";

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

/** A page of a size in a theme. */
async function openPage(browser, sizeName, theme, more = {}) {
  const page = await browser.newPage({ ...SIZES[sizeName], ...more });
  await page.addInitScript((chosen) => localStorage.setItem("tomograd-theme", chosen), theme);
  page.on("pageerror", (error) => say(`${sizeName} ${theme}: ${error.message}`));
  return page;
}

/** Pictures of one page. Waits of 200 ms let frames be drawn. */
async function takePictures({ browser, address }, sizeName, theme, keep) {
  const page = await openPage(browser, sizeName, theme);
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

/** Pictures of the pages that stand for themselves. */
async function takePages({ browser, address }, sizeName, theme, keep) {
  for (const [name, more, prepare] of PAGES) {
    const page = await openPage(browser, sizeName, theme, more);
    await prepare(page, address);
    await page.waitForTimeout(200);
    await keep(page, name);
    say(`${sizeName} ${theme}: ${name}`);
    await page.context().close();
  }
}

/** Runs something with a studio in a browser. */
async function inStudio(args, use) {
  const studio = await startStudioBrowser(args);
  try {
    await use(studio);
  } finally {
    await studio.close();
  }
}

if (positionals.length !== (options.docs ? 0 : 1)) {
  console.error("usage: npm run studio-pictures -- FOLDER [--only NAME], or --docs");
  process.exit(2);
}
if (attempt(build)) {
  const [folder] = positionals;
  if (folder) mkdirSync(folder, { recursive: true });
  const every = async (take, studio) => {
    for (const size of Object.keys(SIZES))
      for (const theme of THEMES) await take(studio, size, theme, kept(folder, size, theme));
  };
  if (options.docs) await inStudio([], (studio) => takePictures(studio, "laptop", "dark", documented));
  else {
    await inStudio([], (studio) => every(takePictures, studio));
    await inStudio(SOFTWARE_GPU, (studio) => every(takePages, studio));
  }
}
