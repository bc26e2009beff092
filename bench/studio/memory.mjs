/**
 * Whether memory grows with use. After a garbage collection in the page's thread and in its worker: the JavaScript heaps
 * (objects in use), the array buffers outside them, and the memories of WebAssembly, which hold volumes and images of the
 * backend and never shrink.
 */
const BLOCKS = 4;
const RENDERS = 20;
const RECONSTRUCTIONS = ["fdk", "sirt", "auto-tv"];

/** Speaks to the threads of a page one by one, over the browser's debugging protocol. */
async function attach(browser, page) {
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send("Target.getTargets");
  const main = targetInfos.find(({ type, url }) => type === "page" && url === page.url());
  const worker = targetInfos.find(({ type, url }) => type === "worker" && url.includes("/assets/worker"));
  const waiting = new Map();
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result, error } = JSON.parse(message);
    const { take, refuse } = waiting.get(id) ?? {};
    if (error) refuse?.(new Error(error.message));
    else take?.(result);
  });
  let last = 0;
  const to = async ({ targetId }) => {
    const { sessionId } = await session.send("Target.attachToTarget", { targetId, flatten: false });
    return (method, params = {}) =>
      new Promise((take, refuse) => {
        const id = ++last;
        waiting.set(id, { take, refuse });
        session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) });
      });
  };
  return [await to(main), await to(worker)];
}

/** Bytes of all WebAssembly memories that a thread holds. */
async function wasmBytes(send) {
  const { result: prototype } = await send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  const { objects } = await send("Runtime.queryObjects", { prototypeObjectId: prototype.objectId });
  const { result } = await send("Runtime.callFunctionOn", {
    objectId: objects.objectId,
    functionDeclaration: "function () { return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0); }",
    returnByValue: true,
  });
  await send("Runtime.releaseObject", { objectId: objects.objectId });
  return result.value;
}

async function weigh(threads) {
  const sums = { heapBytes: 0, bufferBytes: 0, wasmBytes: 0 };
  for (const send of threads) {
    await send("HeapProfiler.collectGarbage");
    const { usedSize, backingStorageSize } = await send("Runtime.getHeapUsage");
    sums.heapBytes += usedSize;
    sums.bufferBytes += backingStorageSize;
    sums.wasmBytes += await wasmBytes(send);
  }
  return sums;
}

/** 20 exact pictures and three reconstructions of one scan. */
async function use(page) {
  for (let i = 0; i < RENDERS; i++) {
    await page.evaluate(`tomogradStudio.steer({ laoDeg: ${(360 * i) / RENDERS - 180}, cranDeg: ${i} })`);
    await page.evaluate("tomogradStudio.image().then(() => undefined)");
  }
  await page.evaluate("tomogradStudio.simulate({ views: 30, rows: 64, columns: 64 })");
  for (const method of RECONSTRUCTIONS)
    await page.evaluate(`tomogradStudio.reconstruct({ method: '${method}', size: 32 })`);
  await page.evaluate("tomogradStudio.image().then(() => undefined)");
}

/** The same use again and again; what it adds after the first time is growth. */
export async function measureMemory({ address, browser }, { say }) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(address);
  await page.evaluate("tomogradStudio.start({ prefer: 'wasm', threads: 2 })");
  await page.evaluate("tomogradStudio.image().then(() => undefined)");
  const threads = await attach(browser, page);
  const weights = [];
  for (let block = 0; block < BLOCKS; block++) {
    await use(page);
    weights.push(await weigh(threads));
    say(`memory ${block + 1}: ${JSON.stringify(weights.at(-1))}`);
  }
  await page.context().close();
  const growth = Object.fromEntries(
    Object.keys(weights[0]).map((field) => [field, weights.at(-1)[field] - weights.at(-2)[field]]),
  );
  return { rendersABlock: RENDERS, reconstructionsABlock: RECONSTRUCTIONS, blocks: weights, growthOfLastBlock: growth };
}
