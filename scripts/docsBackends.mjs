/** What docs/backends.md says of running on a GPU. */
const GPU = `
## Running on a GPU

Browsers bring WebGPU along. In Node it is the optional package \`webgpu\` (Dawn, for Linux, macOS and Windows):

\`\`\`sh
npm install webgpu@0.6          # beside tomograd
npx tomograd doctor             # which backends run here, on what, and why not
npx tomograd reconstruct scan.npy --like ct.nii.gz --backend webgpu --out volume.nii.gz
\`\`\`

Without \`--backend\`, and in \`createBackend()\`, a GPU in hardware is taken where there is one, else \`wasm\`. Asked for by
name, a GPU that is missing, lost or full is an error that says what to do.

**A GPU that fails half-way.** Unless \`--backend webgpu\` asked for it, commands go on without it: \`reconstruct\` from the last
kept state on \`wasm\`, others from the beginning. In the library \`withFallback\` keeps the state of a run and goes on from it:

\`\`\`js
import { createBackend } from "tomograd/backend";
import { createProjector, toHost } from "tomograd/projector";
import { ossart, withFallback } from "tomograd/reconstruction";

await using gpu = await createBackend();
const { value: volume, backend: last } = await withFallback(gpu, async (backend, keep) => {
  using A = createProjector({ backend, grid, detector, views });
  using found = (await ossart(A, projections, keep({ iterations: 50 }))).volume;
  return toHost(found);
});
if (last !== gpu) await last[Symbol.asyncDispose]();
\`\`\`

**A GPU in software** computes what a GPU would, slowly: to try \`webgpu\` on a machine without one. It runs where it is asked
for by name, never by itself. In a checkout on Linux (x64) \`npm install\` brings one (SwiftShader), with which
\`npm run test:webgpu\` and \`npm run bench -- --backend webgpu --software\` run. Elsewhere another Vulkan driver in
software should do, such as Mesa's (Debian, Ubuntu: \`apt install libvulkan1 mesa-vulkan-drivers\`); none has been tried.

**What travels.** Arrays stay on the device: projections go up when a method starts, the volume comes down at its end, and an
iteration brings back the scalars of its history. Exceptions, each for what no sum on the device tells:

- \`fista-tv\`, \`os-sqs\`, \`pdhg\` and \`auto-tv\` read a volume at the start for the median of their curvature, and another for the
  range of the volume where a weight is to be found;
- \`auto-tv\` sends with the data which rays it holds out, drawn on the host, and both again where it splits the views anew;
- \`fit\` reads one view of path lengths for its learning rate; with \`rayFraction\` the rays drawn go up in every step;
- similarities, registration and self-calibration compare images on the host; an equiangular fan is made flat there.

**Limits.** Arrays larger than a binding (128 MiB on some GPUs) are cut. No dispatch is to take a small GPU longer than a tenth
of a second: what passes a fixed number of voxels read, additions, products or elements is cut, in every kernel, and no
submission holds more than that of several dispatches.

**NaN and infinity.** WGSL lets a GPU take them for any number. An upload that holds NaN is refused (\`NOT_FINITE\`), infinite
bounds become the largest float32, and an adjoint by scattering whose image has infinities is NaN throughout.
`;

const ADJOINTS = `
## Two adjoints on \`webgpu\`

WebGPU adds no floats atomically. \`projectAdjoint\` therefore has two forms, each the exact transpose of \`project\` and each
with the same bytes in every run: a **gather**, in which an invocation sums for four voxels along z what the rays of their
windows in the detector give them; and a **scatter**, in which an invocation walks a ray and adds in fixed point of 64 bits.
They agree to 2e-6 of the largest voxel (1.8e-7 is the most found).

Both exist for every model (\`siddon\`, \`joseph\`, \`trilinear\` in steps and of an interval) and for cone and parallel beams.
Before each call the host finds in float64 whether the gather applies. It does not, and the scatter stands in, where

- the source is in the volume or at it: nearer to a voxel's box (for Joseph and trilinear, up to its neighbors' centers) than
  1 % of the distance to the box's middle;
- a detector is seen from its edge (sine of the angle below 0.01);
- a window of four voxels holds more than 4096 pixels;
- only listed pixels are computed, or rays one by one (\`projectRaysAdjoint\`);
- the rays of one view, 32 bytes each (trilinear 48), do not fit a binding.

Which one runs where both apply is measured for each model when the first backend of a process starts on a GPU in hardware
(64³ voxels, 16 views): the gather, unless the scatter is 1.5 times as fast. \`about\` of the backend says the choice. It holds
for the process, so that runs of one process have the same bytes; another process could choose otherwise only where the
ratio is near 1.5. \`createBackend({ adjoint: "gather" })\` or \`"scatter"\` names one;
\`maxBindingBytes\` makes the buffers of that backend smaller than the GPU asks for.
A GPU in software always scatters: SwiftShader takes, for a view of 32² pixels and 32³ voxels (8 views a call, a busy machine),
64 ms to gather and 38 to scatter with Siddon, 92 and 28 with Joseph, 311 and 83 with trilinear; with the same errors
against float64, at most 2.1e-5, 2.9e-6 and 3.1e-6 of the largest voxel (\`bench/results/webgpu-swiftshader-adjoints.json\`).
Not measured: any GPU in hardware. \`npm run bench -- --backend webgpu --only projectAdjoint\` times both.
`;

/** The content of docs/backends.md: for every kernel, which backend has it, or why not. `tables`: kernels by backend. */
export function backendTable(KERNEL_NAMES, tables) {
  const names = Object.keys(tables);
  const columns = names.map((name) => KERNEL_NAMES.map((kernel) => tables[name][kernel].unsupported));
  const reasons = [...new Set(columns.flat().filter(Boolean))];
  const cell = (reason) => (reason ? `no [${reasons.indexOf(reason) + 1}]` : "yes");
  const rows = KERNEL_NAMES.map((kernel, k) => `| \`${kernel}\` | ${columns.map((c) => cell(c[k])).join(" | ")} |`);
  return `# Backends

Which backend has which kernel of \`src/backend/kernels.ts\`. Written by \`npm run docs\`; a test compares it with the code.

| kernel | ${names.map((name) => `\`${name}\``).join(" | ")} |
|---|${names.map(() => "---|").join("")}
${rows.join("\n")}
${reasons.map((reason, i) => `\n[${i + 1}] ${reason}`).join("\n")}`
    .trimEnd()
    .concat("\n", GPU, ADJOINTS);
}
