/** The states of the studio that its pictures show: how the page is brought into each, and what it is called. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./node.mjs";

const CHEST = join(root, "data/chest-lidc-idri-0001-small.nii.gz");

const tab = (page, name) => page.getByRole("tab", { name }).click();
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const choose = (page, text) => page.locator("#panel").getByText(text, { exact: true }).last().click();
const exact = (page) => page.evaluate("tomogradStudio.image().then(() => undefined)");
const scroll = (page, top) => page.locator("#panel").evaluate((panel, y) => panel.scrollTo(0, y), top);
const later = (ms) => (page) => page.waitForTimeout(ms);

/** Waits until an expression of the page is true; one that is loading anew has no answer yet. */
export async function until(page, expression) {
  while (!(await page.evaluate(expression).catch(() => false))) await page.waitForTimeout(50);
}

const there = (page) => until(page, "window.tomogradStudio?.shown() !== undefined");

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

/** Picks files, as `make` makes them with the built library. */
const pick = (label, make) => async (page) => {
  const [io, volume] = await Promise.all(["io", "volume"].map((entry) => import(`../dist/${entry}/index.js`)));
  const files = await make(io, volume);
  const picked = files.map(([name, bytes]) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: Buffer.from(bytes),
  }));
  await page.getByLabel(label).setInputFiles(picked);
};

/** Lung and bone of the chest, by their HU. */
async function chestLabels({ readVolume, encodeNifti }) {
  const { grid, values } = await readVolume(new Uint8Array(await readFile(CHEST)));
  const labels = Uint8Array.from(values, (hu) => (hu > 250 ? 1 : hu > -950 && hu < -600 ? 2 : 0));
  return [["chest-labels.nii", await encodeNifti({ quantity: "label", grid, values: labels })]];
}

const phantom = ({ createGrid, sheppLogan }, density) =>
  sheppLogan({ radius: 80, density }).voxelize(createGrid({ size: [32, 32, 24], spacing: [6, 6, 8] }));

/** Two series of DICOM files in one go. */
async function twoSeries({ dicomSeriesFiles }, volume) {
  const { grid, values } = phantom(volume, 1000);
  const hounsfield = { quantity: "hounsfield", grid, values: Int16Array.from(values, (hu) => hu - 1000) };
  const series = ["native", "contrast medium, portal venous phase"].map(async (seriesDescription) => {
    const files = await dicomSeriesFiles(hounsfield, { seriesDescription });
    return [...files].map(([name, bytes]) => [`${seriesDescription}-${name}`, bytes]);
  });
  return (await Promise.all(series)).flat();
}

/** Numbers of which the file does not say what they mean. */
const numbers = async ({ npyPieces }, volume) => {
  const { grid, values } = phantom(volume, 1);
  return [["numbers.npy", Buffer.concat(npyPieces(values, [...grid.size].reverse()))]];
};

/** What is done, one after the other on one page, and what it is called. */
export const STATES = [
  ["look", exact],
  [
    "look-pointer",
    async (page) => {
      const box = await page.getByRole("application", { name: /^X-ray/ }).boundingBox();
      await page.mouse.move(box.x + 0.4 * box.width, box.y + 0.6 * box.height);
    },
  ],
  [
    "look-moving",
    (page) =>
      page.evaluate(
        "(() => { let lao = 0; window.turning = setInterval(() => tomogradStudio.steer({ laoDeg: (lao += 2) }), 40); })()",
      ),
    later(500),
  ],
  [
    "look-keys",
    (page) => page.evaluate("clearInterval(window.turning)"),
    (page) => page.evaluate("tomogradStudio.steer({ laoDeg: 0 })"),
    exact,
    (page) => page.getByRole("application", { name: /^Axial/ }).press("PageUp"),
  ],
  ["status", (page) => page.locator(".status .lamp").click()],
  ["look-lower", (page) => page.keyboard.press("Escape"), (page) => scroll(page, 9999)],
  ["look-matrix", (page) => choose(page, "Projection matrix"), (page) => scroll(page, 9999)],
  [
    "look-oblique",
    (page) => page.evaluate("tomogradStudio.steer({ laoDeg: 38, cranDeg: 14 })"),
    exact,
    (page) => scroll(page, 0),
  ],
  ["look-fluoroscopy-lung", (page) => choose(page, "Fluoroscopy"), (page) => choose(page, "Lung")],
  ["look-line-integral-bone", (page) => choose(page, "Line integral"), (page) => choose(page, "Bone")],
  ["look-full-range", (page) => choose(page, "Full range")],
  ["look-enlarged", (page) => choose(page, "Lung"), (page) => press(page, "Enlarge Coronal")],
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
  ["open-labels", pick("Label map…", chestLabels), idle, exact, later(400), (page) => scroll(page, 9999)],
  ["look-labels", (page) => tab(page, "Look"), (page) => scroll(page, 0)],
  [
    "open-choice",
    (page) => tab(page, "Open"),
    pick("Files…", twoSeries),
    (page) => page.getByRole("group", { name: /^Several series/ }).waitFor(),
  ],
  ["open-warnings", pick("Files…", numbers), idle, exact, later(300), (page) => scroll(page, 0)],
  [
    "drop",
    (page) => page.evaluate("tomogradStudio.openSample()"),
    exact,
    (page) => page.evaluate("document.querySelector('.page').dataset.over = 'true'"),
  ],
  [
    "reconstruct",
    (page) => page.evaluate("document.querySelector('.page').dataset.over = 'false'"),
    (page) => tab(page, "Reconstruct"),
    (page) => scroll(page, 0),
  ],
  ["reconstruct-lower", (page) => scroll(page, 9999)],
  [
    "reconstruct-simulating",
    (page) => {
      page.evaluate("void tomogradStudio.simulate({ views: 720, photons: 1e5 })");
    },
    later(400),
  ],
  [
    "reconstruct-scanned",
    (page) => press(page.locator(".masthead"), "Cancel"),
    idle,
    (page) => page.getByLabel("Photon noise").uncheck(),
    simulate(60),
    (page) => scroll(page, 330),
  ],
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
  ["export-commands", (page) => scroll(page, 560)],
  ["export-lower", (page) => press(page, "Copy link"), (page) => scroll(page, 9999)],
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

/** Pages of their own: options of the context, and what is done before the picture is taken. */
export const PAGES = [
  [
    "open-empty",
    {},
    async (page, address) => {
      await page.route("**/data/*.nii.gz", (route) => route.abort());
      await page.goto(address);
      await page.getByRole("alert").waitFor();
      await tab(page, "Open");
    },
  ],
  [
    "last-session",
    {},
    async (page, address) => {
      await page.goto(address);
      await there(page);
      await tab(page, "Open");
      await page.evaluate("tomogradStudio.steer({ laoDeg: 20 })");
      await page.getByText(/^Kept at/).waitFor();
      await page.reload();
      await there(page);
      await exact(page);
    },
  ],
  [
    "one-thread",
    { serviceWorkers: "block" },
    async (page, address) => {
      await page.route("**/*", async (route) => {
        const response = await route.fetch();
        const { "cross-origin-opener-policy": _, "cross-origin-embedder-policy": __, ...headers } = response.headers();
        await route.fulfill({ response, headers });
      });
      await page.goto(address);
      await there(page);
      await exact(page);
      await page.locator(".status .lamp").click();
    },
  ],
  [
    "lost-device",
    {},
    async (page, address) => {
      await page.goto(address);
      await there(page);
      const worker = page.workers().find((one) => /assets\/worker/.test(one.url()));
      await worker.evaluate(`
        const { requestDevice } = GPUAdapter.prototype;
        GPUAdapter.prototype.requestDevice = async function (options) {
          return (self.device = await requestDevice.call(this, options));
        };
      `);
      await page.getByLabel("Compute on").selectOption("webgpu");
      await until(page, "tomogradStudio.backend().name === 'webgpu'");
      await worker.evaluate("device.destroy()");
      await until(page, "tomogradStudio.backend().name === 'wasm'");
      await exact(page);
    },
  ],
];

/** What lets Chromium compute on a GPU in software, for a device to be lost. */
export const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
