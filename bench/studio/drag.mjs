/** How pictures follow a hand that drags in the X-ray. */
import { median } from "../measure.mjs";

const MOVES = 150;
/** ms between movements: a mouse at the pace of the screen. */
const PACE = 16;
/** Pixels along a side of the detector; the larger one shows what its exact picture costs the page. */
const DETECTORS = [512, 1024];
const WIDTH = 460;

export const quantile = (numbers, share) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
};

/** In the page: notes movements, pictures by the frame that shows them, and long tasks, until `finishRecord`. */
function record() {
  const moves = [];
  const pictures = [];
  const longTasks = [];
  let last = tomogradStudio.painted();
  let running = true;
  const moved = (event) => event.buttons && moves.push({ view: tomogradStudio.beam().view, at: event.timeStamp });
  addEventListener("pointermove", moved);
  const observer = new PerformanceObserver((list) => {
    longTasks.push(...list.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ type: "longtask" });
  const look = () => {
    const shown = tomogradStudio.painted();
    if (shown !== last) pictures.push({ view: shown.view, coarsening: shown.coarsening, at: performance.now() });
    last = shown;
    if (running) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.finishRecord = async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const isExact = ({ view, coarsening }) => view === moves.at(-1).view && coarsening === 1;
    while (!isExact(tomogradStudio.painted())) await frame();
    await frame();
    running = false;
    observer.disconnect();
    removeEventListener("pointermove", moved);
    const place = new Map(moves.map(({ view }, i) => [view, i]));
    const seen = pictures.map(({ view, ...rest }) => ({ ...rest, move: place.get(view) ?? -1 }));
    const during = seen.filter(({ at }) => at <= moves.at(-1).at);
    return {
      // a picture of this movement or of a later one
      followMs: moves.map(({ at }, i) => seen.find(({ move }) => move >= i).at - at),
      intervalsMs: during.slice(1).map(({ at }, i) => at - during[i].at),
      coarsenings: during.map(({ coarsening }) => coarsening),
      exactAfterMs:
        seen.find(({ move, coarsening }) => move === moves.length - 1 && coarsening === 1).at - moves.at(-1).at,
      longTasks,
    };
  };
}

/** Opens a cube in a page of its own, computed by two threads. */
async function prepare({ address, browser }, { path, size }, detector) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(address);
  await page.evaluate("tomogradStudio.image()");
  await page.evaluate("tomogradStudio.start({ prefer: 'wasm', threads: 2 })");
  await page.getByRole("tab", { name: "Open" }).click();
  await page.getByLabel("Files…").setInputFiles(path);
  const opened = `tomogradStudio.patient()?.grid.size.join() === '${[size, size, size]}'`;
  while (!(await page.evaluate(opened))) await page.waitForTimeout(50);
  await page.getByRole("tab", { name: "Look" }).click();
  const pixel = WIDTH / detector;
  await page.evaluate(`tomogradStudio.steer({ rows: ${detector}, columns: ${detector}, pixel: ${pixel} })`);
  await page.evaluate("tomogradStudio.image()");
  return { page, volume: size, detector };
}

/** Processor ms of the longest task of pages' main threads, which other work on the machine does not lengthen. */
function longestTask(trace) {
  const { traceEvents } = JSON.parse(trace);
  const thread = ({ pid, tid }) => `${pid}.${tid}`;
  const isMain = ({ name, args }) => name === "thread_name" && args.name === "CrRendererMain";
  const main = new Set(traceEvents.filter(isMain).map(thread));
  const tasks = traceEvents.filter((event) => event.name === "RunTask" && main.has(thread(event)));
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

/** One drag in circles, at the pace of the screen or as fast as the page takes it. */
async function drag(browser, page) {
  await page.bringToFront();
  await page.evaluate("tomogradStudio.steer({ laoDeg: 0, cranDeg: 0 })");
  await page.evaluate("tomogradStudio.image()");
  const box = await page.getByRole("application", { name: /^X-ray/ }).boundingBox();
  const at = (move) => {
    const angle = (2 * Math.PI * move) / 75;
    return [box.x + box.width * (0.5 + 0.3 * Math.sin(angle)), box.y + box.height * (0.5 + 0.3 * Math.cos(angle))];
  };
  await page.mouse.move(...at(0));
  await page.mouse.down();
  await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline"] });
  await page.evaluate(record);
  const started = performance.now();
  for (let move = 1; move <= MOVES; move++) {
    const wait = started + move * PACE - performance.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    await page.mouse.move(...at(move));
  }
  await page.mouse.up();
  const recorded = await page.evaluate("finishRecord()");
  return { ...recorded, longestTaskCpuMs: longestTask(await browser.stopTracing()) };
}

function summarize(runs) {
  const all = (field) => runs.flatMap((run) => run[field]);
  const spread = (numbers) => ({ median: median(numbers), p95: quantile(numbers, 0.95) });
  return {
    followMs: { ...spread(all("followMs")), medians: runs.map(({ followMs }) => median(followMs)) },
    frameMs: spread(all("intervalsMs")),
    coarsening: median(all("coarsenings")),
    exactAfterRestMs: median(all("exactAfterMs")),
    longestTaskMs: Math.max(0, ...all("longTasks")),
    longTasks: all("longTasks").length,
    longestTaskCpuMs: Math.max(...runs.map(({ longestTaskCpuMs }) => longestTaskCpuMs)),
  };
}

/** Volumes and detectors take turns, `rounds` times. */
export async function measureDrags(studio, { cubes, rounds, say }) {
  const cases = [];
  for (const cube of cubes) for (const detector of DETECTORS) cases.push(await prepare(studio, cube, detector));
  const runs = cases.map(() => []);
  for (const { page } of cases) await drag(studio.browser, page);
  for (let round = 0; round < rounds; round++)
    for (const [i, { page, volume, detector }] of cases.entries()) {
      const run = await drag(studio.browser, page);
      runs[i].push(run);
      say(
        `drag ${round + 1}: ${volume}³ on ${detector}²: ${median(run.followMs).toFixed(0)} ms, long tasks ${run.longTasks}`,
      );
    }
  for (const { page } of cases) await page.context().close();
  return cases.map(({ volume, detector }, i) => ({ volume, detector, threads: 2, ...summarize(runs[i]) }));
}
