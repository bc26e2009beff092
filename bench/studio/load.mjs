/** The first load: its bytes, and the time until the chest is seen. */
import { gzipSync } from "node:zlib";
import { median } from "../measure.mjs";

const EXAMPLE = "/data/";

/** Resolves when the page has shown the exact picture. */
const EXACT = "tomogradStudio.image().then(() => performance.now())";

/** Bytes of everything that is fetched until the exact picture of the chest is there, each file gzipped by itself. */
export async function weighFirstLoad({ address, browser }) {
  const page = await browser.newPage();
  const bodies = [];
  page.on("requestfinished", (request) => {
    const { pathname, protocol } = new URL(request.url());
    // workers of the library are made of what was fetched already
    if (protocol !== "http:") return;
    bodies.push(request.response().then(async (response) => ({ pathname, body: await response.body() })));
  });
  await page.goto(address);
  await page.evaluate(EXACT);
  const files = (await Promise.all(bodies)).map(({ pathname, body }) => ({
    file: pathname.replace(/-[\w-]{8}(?=\.\w+$)/, ""),
    gzipBytes: gzipSync(body).length,
    example: pathname.startsWith(EXAMPLE),
  }));
  await page.context().close();
  const sum = (list) => list.reduce((total, { gzipBytes }) => total + gzipBytes, 0);
  const own = files.filter(({ example }) => !example);
  return {
    firstLoadGzipBytes: sum(own),
    exampleBytes: sum(files.filter(({ example }) => example)),
    files: own.map(({ file, gzipBytes }) => ({ file, gzipBytes })).sort((a, b) => b.gzipBytes - a.gzipBytes),
  };
}

/** In the page, before its own scripts: notes when the frame with the first picture begins. */
function noteFirstPicture() {
  const look = (now) => {
    if (window.tomogradStudio?.painted()) window.firstPictureAt = now;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** ms from navigation to the first picture and to the exact one, with nothing cached. */
export async function measureLoads({ address, browser }, { rounds, say }) {
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    await context.addInitScript(noteFirstPicture);
    const page = await context.newPage();
    await page.goto(address);
    const exactMs = await page.evaluate(EXACT);
    runs.push({ firstPictureMs: await page.evaluate("firstPictureAt"), exactMs });
    await context.close();
    say(`load ${round + 1}: first picture after ${runs.at(-1).firstPictureMs.toFixed(0)} ms`);
  }
  const all = (field) => runs.map((run) => run[field]);
  return {
    firstPictureMs: median(all("firstPictureMs")),
    exactPictureMs: median(all("exactMs")),
    firstPictureRunsMs: all("firstPictureMs"),
  };
}
