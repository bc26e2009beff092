/** What `npm run bench -- --backend webgpu` prints. */

/** Three digits that tell something, whatever the size: 1234, 12.3, 0.00123. */
const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const error = (value) => (value === 0 ? "0" : value.toExponential(1));

/** Head of a column in two lines, and the cell of a case. */
const COLUMNS = [
  ["GPU: ms", "a view", ({ msPerView }) => digits(msPerView)],
  ["giga voxel-", "views a s", ({ gigaPerSecond }) => digits(gigaPerSecond)],
  ["worst", "error", (each) => error(each.error.worst)],
  ["rms", "error", (each) => error(each.error.rms)],
  ["wasm: ms", "a view", ({ wasmMsPerView }) => digits(wasmMsPerView)],
  ["wasm time /", "GPU time", ({ wasmOverGpu }) => digits(wasmOverGpu)],
];

/** The lines of a report of `runGpuBenchmarks`. */
export function gpuTable({ machine, load, adapter, threads, size, views, cases }) {
  const name = Math.max(0, ...cases.map((each) => each.name.length));
  const row = (title, cells) =>
    [title.padEnd(name), ...cells.map((cell, i) => cell.padStart(Math.max(8, COLUMNS[i][0].length)))].join("   ");
  return [
    adapter,
    `${machine.cpu}, ${machine.cores} cores, wasm on ${threads} threads, Node ${machine.node}`,
    `load ${load.average1min.toFixed(1)}; ${size}³ voxels, ${views} views of ${size} x ${size} pixels a call`,
    "",
    row(
      "",
      COLUMNS.map(([first]) => first),
    ),
    row(
      "",
      COLUMNS.map(([, second]) => second),
    ),
    ...cases.map((each) =>
      row(
        each.name,
        COLUMNS.map(([, , cell]) => cell(each)),
      ),
    ),
    "",
    "wasm time / GPU time: above 1 the GPU is faster. Errors: over the largest magnitude. Kernels that know no views: a call",
    "counts as one; those that read no volume: pixels in place of voxels.",
  ];
}

/** One line for the user where no GPU runs here; other errors go on. */
export function gpuRefusal(error, software) {
  if (error?.name !== "TomogradError") throw error;
  return software ? error.message : `${error.message}; --software takes a GPU in software, on Linux on x64`;
}
