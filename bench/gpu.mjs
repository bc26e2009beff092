/** Times every kernel on a GPU and on wasm in the same run, and measures its error against float64. */
import { createBackend } from "tomograd/backend";
import { createWebGpuBackend } from "../dist/backend/webgpu/index.js";
import { gpuCases } from "./gpuKernels.mjs";
import { describeLoad, describeMachine, median } from "./measure.mjs";

/** Calls are repeated until they take this long together. */
const LEAST_MS = 50;
const MOST_CALLS = 50;
/** Rays of the view whose errors are measured. */
const CHECKED_RAYS = 4096;

/** Uniform numbers by the name of an argument; float32 numbers, so that every backend gets the same. */
function numbersOf({ type, low = 0, high = 1, values }, length, name) {
  if (values) return values;
  let state = [...name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0, length);
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const array = type === "u8" ? new Uint8Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) array[i] = low + (high - low) * uniform();
  return array;
}

const lengthOf = (shape) =>
  shape.kind === "flat"
    ? shape.length
    : shape.kind === "volume"
      ? shape.size[0] * shape.size[1] * shape.size[2]
      : shape.views * shape.rows * shape.columns;

/** The arguments of a case on a backend, and what frees them. */
function upload(backend, { args }) {
  const arrays = [];
  const bound = Object.entries(args).map(([name, value]) => {
    if (!value?.shape) return [name, value];
    const array = backend.upload(numbersOf(value, lengthOf(value.shape), name), value.shape, name, value.type);
    arrays.push(array);
    return [name, array];
  });
  const dispose = () => {
    for (const array of arrays) array.dispose();
  };
  return { args: Object.fromEntries(bound), dispose };
}

/** What a case has written. */
async function results(backend, each) {
  const uploaded = upload(backend, each);
  try {
    backend.run(each.kernel, uploaded.args);
    return await Promise.all(each.writes.map((name) => backend.download(uploaded.args[name])));
  } finally {
    uploaded.dispose();
  }
}

/** Largest and root-mean-square error over the largest magnitude, the worst of all outputs. */
function errorsOf(found, expected) {
  let [worst, rms] = [0, 0];
  for (const [output, numbers] of expected.entries()) {
    let [largest, most, squares] = [0, 0, 0];
    for (let i = 0; i < numbers.length; i++) {
      const error = Math.abs(found[output][i] - numbers[i]);
      largest = Math.max(largest, Math.abs(numbers[i]));
      most = Number.isNaN(error) ? Infinity : Math.max(most, error);
      squares += error * error;
    }
    if (most === 0) continue;
    worst = Math.max(worst, most / largest);
    rms = Math.max(rms, Math.sqrt(squares / numbers.length) / largest);
  }
  return { worst, rms };
}

/** Median milliseconds of a call on each backend, their rounds in turn. */
async function timesOf(backends, each, rounds) {
  const runs = backends.map((backend) => ({ backend, calls: 1, times: [], ...upload(backend, each) }));
  try {
    for (let round = -1; round < rounds; round++)
      for (const run of runs) {
        const { backend, args, calls, times } = run;
        await backend.idle();
        const started = performance.now();
        for (let call = 0; call < calls; call++) backend.run(each.kernel, args);
        await backend.idle();
        const ms = (performance.now() - started) / calls;
        if (round < 0) run.calls = Math.max(1, Math.min(MOST_CALLS, Math.ceil(LEAST_MS / ms)));
        else times.push(ms);
      }
    return runs.map(({ times }) => median(times));
  } finally {
    for (const run of runs) run.dispose();
  }
}

/** Some of n² pixels, spread evenly. */
const somePixels = (n) => {
  const count = Math.min(CHECKED_RAYS, n * n);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n * n) / count));
};

/**
 * n³ voxels, `views` views of n x n pixels in a call. Errors are those of one view of the same size, of rays at most 4096
 * of its pixels.
 */
export async function runGpuBenchmarks({ size, views, rounds, only, say }) {
  const load = await describeLoad();
  const gpus = {
    chosen: await createBackend({ prefer: "webgpu" }),
    gather: await createWebGpuBackend({ adjoint: "gather" }),
    scatter: await createWebGpuBackend({ adjoint: "scatter" }),
  };
  const [wasm, reference] = [await createBackend({ prefer: "wasm" }), await createBackend({ prefer: "reference" })];
  try {
    const timed = gpuCases(size, views);
    const checked = gpuCases(size, 1, somePixels(size));
    const cases = [];
    for (const [i, each] of timed.entries()) {
      const { name, kernel, elements } = each;
      if (only !== undefined && !name.includes(only)) continue;
      say(`  ${name}`);
      const gpu = gpus[each.adjoint ?? "chosen"];
      const [found, exact] = [await results(gpu, checked[i]), await results(reference, checked[i])];
      const [ms, wasmMs] = await timesOf([gpu, wasm], each, rounds);
      cases.push({
        ...{ name, kernel, views: each.views, elements },
        ...{ msPerView: ms / each.views, gigaPerSecond: (elements * each.views) / ms / 1e6 },
        error: errorsOf(found, exact),
        ...{ wasmMsPerView: wasmMs / each.views, wasmOverGpu: wasmMs / ms },
      });
    }
    const about = { adapter: gpus.chosen.about, wasm: wasm.about, threads: wasm.threads };
    return { ...about, machine: describeMachine(), load, size, views, rounds, cases };
  } finally {
    for (const backend of [...Object.values(gpus), wasm, reference]) await backend[Symbol.asyncDispose]();
  }
}
