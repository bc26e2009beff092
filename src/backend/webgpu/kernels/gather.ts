/**
 * Adjoints by gathering: one invocation sums, for four voxels along z, what the rays of their windows give them, view by
 * view, in an order that never changes. No atomics, no second volume; each voxel is written once for all views of a batch.
 */
import type { KernelArguments, Model } from "../../kernels.js";
import { imagesOf, sizeOf } from "../array.js";
import { dispatchElements, type KernelContext, partsOf, tableOf } from "../kernel.js";
import { perElement, type Shader } from "../shader.js";
import { CELL_WEIGHTS } from "./cellWeights.js";
import { LINES, VIEW_RAYS, WALK_SETTINGS } from "./line.js";
import { forModels } from "./project.js";
import { dispatchRays, viewBatches, walkSettings } from "./rays.js";
import { pixelMargin, TO_MIDDLE, type ViewWindow, type Windows, windowsOf } from "./windows.js";

/** The rays of a batch as a table; the value of those that meet nothing is 0. */
const rayTable = (model: Model): Shader =>
  perElement({
    name: `rays for projectAdjoint, ${model}`,
    settings: { ...WALK_SETTINGS, ...VIEW_RAYS.settings },
    buffers: { table: "write array<vec4f>", image: "read array<f32>", ...VIEW_RAYS.buffers },
    code: `${LINES}${VIEW_RAYS.code}`,
    body: `
  let line = rayOf(i);
  let y = image[pixel];
  let at = ${CELL_WEIGHTS[model].vectors}u * (pixel - setting.firstPixel);
  var value = 0.0;
  var ends = vec2f(0.0);
  if (y != 0.0 && line.d.x != 0.0) {
    ${CELL_WEIGHTS[model].record}
  }
  table[at] = vec4f(line.c, line.s);
  table[at + 1u] = vec4f(ends, value, f32(line.axis));`,
  });

const gather = (model: Model): Shader =>
  perElement({
    name: `projectAdjoint by gathering, ${model}`,
    settings: {
      ...{ nx: "u32", ny: "u32", nz: "u32", planes: "u32", firstZ: "u32", keep: "u32" },
      ...{ rows: "u32", columns: "u32", views: "u32", margin: "f32", samples: "u32" },
    },
    buffers: { out: "write array<f32>", table: "read array<vec4f>", windows: "read array<vec4f>" },
    code: `
${CELL_WEIGHTS[model].weights}
fn weightsOf(at: u32, ends: vec2f, axis: f32, x: vec4f, y: vec4f, z: vec4f) -> vec4f {
  let line = table[at];
  if (axis == 0.0) { return weights(at, line, ends, x, y, z); }
  if (axis == 1.0) { return weights(at, line, ends, y, z, x); }
  return weights(at, line, ends, z, x, y);
}`,
    body: `
  let plane = setting.nx * setting.ny;
  let z = 4u * (i / plane);
  let inPlane = i % plane;
  let size = vec3u(setting.nx, setting.ny, setting.nz);
  let cell = vec3f(vec3i(vec3u(inPlane % setting.nx, inPlane / setting.nx, setting.firstZ + z)) - vec3i(size / 2u));
  let x4 = vec4f(cell.x);
  let y4 = vec4f(cell.y);
  let z4 = cell.z + vec4f(0.0, 1.0, 2.0, 3.0);
  let middle = vec4f(cell + vec3f(0.5, 0.5, ${0.5 + TO_MIDDLE}), 1.0);
  let pixels = vec2i(i32(setting.columns), i32(setting.rows));
  let count = min(4u, setting.planes - z);
  var total = vec4f(0.0);
  if (setting.keep == 1u) {
    for (var k = 0u; k < count; k++) { total[k] = out[(z + k) * plane + inPlane]; }
  }
  for (var view = 0u; view < setting.views; view++) {
    let toColumn = windows[4u * view];
    let toRow = windows[4u * view + 1u];
    let toDepth = windows[4u * view + 2u];
    let half = windows[4u * view + 3u].xyz;
    let depth = dot(toDepth, middle);
    let at = vec2f(dot(toColumn, middle), dot(toRow, middle)) / depth;
    let nearest = depth - dot(abs(toDepth.xyz), half);
    let reach = setting.margin + vec2f(
      dot(abs(toColumn.xyz - at.x * toDepth.xyz), half), dot(abs(toRow.xyz - at.y * toDepth.xyz), half)) / nearest;
    let low = max(vec2i(ceil(at - reach)) + pixels / 2, vec2i(0));
    let high = min(vec2i(floor(at + reach)) + pixels / 2, pixels - 1);
    var ofView = vec4f(0.0);
    for (var row = low.y; row <= high.y; row++) {
      for (var column = low.x; column <= high.x; column++) {
        let ray = ${CELL_WEIGHTS[model].vectors}u * ((view * setting.rows + u32(row)) * setting.columns + u32(column));
        let record = table[ray + 1u];
        if (record.z != 0.0) { ofView += record.z * weightsOf(ray, record.xy, record.w, x4, y4, z4); }
      }
    }
    total += ofView;
  }
  for (var k = 0u; k < count; k++) { out[(z + k) * plane + inPlane] = total[k]; }`,
  });

const TABLES = forModels(rayTable);
const GATHERS = forModels(gather);

const rayBytes = (model: Model): number => 16 * CELL_WEIGHTS[model].vectors;

/** Rays looked at, four voxels at a time, in one dispatch: a tenth of a second on a small GPU. */
const MOST_LOOKS = 2 ** 27;
const WINDOW_FLOATS = 16;

function windowTable(views: readonly ViewWindow[]): Float32Array<ArrayBuffer> {
  const table = new Float32Array(WINDOW_FLOATS * views.length);
  views.forEach(({ column, row, depth, half: [x, y, z] }, view) => {
    table.set([...column, ...row, ...depth, x, y, z + TO_MIDDLE], WINDOW_FLOATS * view);
  });
  return table;
}

/** The windows of a call; undefined for single pixels, views of more rays than a buffer holds, and where windows fail. */
export function windowsOfCall(
  { views, image, out, pixels, ...rays }: KernelArguments["projectAdjoint"],
  { maxBindingBytes }: KernelContext,
): Windows | undefined {
  const { rows, columns } = imagesOf(image);
  if (pixels || rayBytes(rays.model) * rows * columns > maxBindingBytes) return undefined;
  return windowsOf(tableOf(views), rays, { size: sizeOf(out), rows, columns });
}

/** Aᵀ of views where windows hold. */
export function gatherViews(
  { out, image, accumulate, ...rays }: KernelArguments["projectAdjoint"],
  windows: Windows,
  context: KernelContext,
): void {
  const { rows, columns } = imagesOf(image);
  const [nx, ny, nz] = sizeOf(out);
  const bytes = rayBytes(rays.model);
  const batches = [...viewBatches(rays, image, out, context, bytes * rows * columns)];
  const table = context.temporary(bytes * Math.max(...batches.map(({ count }) => count)));
  const margin = pixelMargin(rows, columns);
  const walk = walkSettings(rays, rays.beam, out, partsOf(out)[0]);
  for (const [number, batch] of batches.entries()) {
    const { first, units: views } = batch;
    dispatchRays(context, TABLES[rays.model], batch, {
      settings: { ...batch.settings, ...walk },
      slots: { ...batch.slots, image: batch.part.slot, table },
    });
    const windowSlot = context.upload(windowTable(windows.views.slice(first, first + views)));
    for (const { slot, firstUnit, units: planes } of partsOf(out))
      dispatchElements(
        context,
        GATHERS[rays.model],
        nx * ny * Math.ceil(planes / 4),
        {
          settings: {
            ...{ nx, ny, nz, planes, firstZ: firstUnit, keep: accumulate || number > 0 ? 1 : 0 },
            ...{ rows, columns, views, margin, samples: walk.samples },
          },
          slots: { out: slot, table, windows: windowSlot },
        },
        MOST_LOOKS / (views * windows.rays),
      );
  }
}
