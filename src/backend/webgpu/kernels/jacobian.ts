/** Line integrals with their derivatives by the two points of each ray, and what follows from these. */
import type { DeviceArray } from "../../backend.js";
import type { Discretization, KernelName, Model } from "../../kernels.js";
import { imagesOf } from "../array.js";
import type { Slot } from "../bufferPool.js";
import { copyUnits, type Kernel, type KernelContext, partsOf } from "../kernel.js";
import { perElement, type Shader } from "../shader.js";
import { FREE_RAYS, LINES, type RayText, VIEW_RAYS, WALK_SETTINGS } from "./line.js";
import { clearAll, forModels, LOOKUP } from "./project.js";
import { dispatchRays, freeBatches, type RayBatch, viewBatches, walkSettings } from "./rays.js";
import { walkOf } from "./walks.js";

export type JacobianKernel = Extract<KernelName, "projectLineJacobian" | "projectRaysJacobian">;

/** Adds to six numbers of a ray: at `slopes[first + c * apart]`; `parallel`: the point is the pixel. */
const ADD_SLOPES = `
fn addSlopes(line: Line, first: u32, apart: u32, parallel: bool) {
  if (line.length == 0.0) { return; }
  let origin = turnedBack(byOrigin, line.axis);
  let direction = turnedBack(byDirection, line.axis);
  let a = select(origin - direction, direction, parallel);
  let b = select(direction, origin, parallel);
  for (var c = 0u; c < 3u; c++) {
    slopes[first + c * apart] += a[c];
    slopes[first + (c + 3u) * apart] += b[c];
  }
}`;

const walkWithSlopes = (rays: RayText, model: Model) => `${LINES}${rays.code}${LOOKUP}
var<private> total: f32;
fn visit(cell: vec3i, weight: f32) { total += weight * at(cell); }
${walkOf(model, true)}${ADD_SLOPES}`;

const VIEWS = forModels((model) =>
  perElement({
    name: `projectLineJacobian, ${model}`,
    settings: { ...WALK_SETTINGS, ...VIEW_RAYS.settings, parallel: "u32", firstOfBatch: "u32" },
    buffers: {
      ...{ image: "write array<f32>", volume: "read array<f32>", slopes: "write array<f32>" },
      ...VIEW_RAYS.buffers,
    },
    code: walkWithSlopes(VIEW_RAYS, model),
    body: `
  let line = rayOf(i);
  walk(line);
  image[pixel] += total;
  let all = setting.rows * setting.columns;
  let inBatch = pixel - setting.firstOfBatch;
  addSlopes(line, inBatch + 5u * (inBatch / all) * all, all, setting.parallel == 1u);`,
  }),
);

const FREE = forModels((model) =>
  perElement({
    name: `projectRaysJacobian, ${model}`,
    settings: { ...WALK_SETTINGS, ...FREE_RAYS.settings },
    buffers: { volume: "read array<f32>", slopes: "write array<f32>", ...FREE_RAYS.buffers },
    code: walkWithSlopes(FREE_RAYS, model),
    body: "let line = rayOf(i); walk(line); addSlopes(line, 6u * i, 1u, false);",
  }),
);

/** Runs a shader over the parts of a volume for one batch of rays. */
function overVolume(
  context: KernelContext,
  shader: Shader,
  batch: RayBatch,
  volume: DeviceArray,
  discretization: Discretization & { readonly beam: "cone" | "parallel" },
  more: { readonly settings: { readonly [name: string]: number }; readonly slots: { readonly [name: string]: Slot } },
): void {
  for (const part of partsOf(volume)) {
    const walk = walkSettings(discretization, discretization.beam, volume, part);
    dispatchRays(context, shader, batch, {
      settings: { ...batch.settings, ...more.settings, ...walk },
      slots: { ...batch.slots, ...more.slots, volume: part.slot },
    });
  }
}

export const jacobianKernels: { readonly [K in JacobianKernel]: Kernel<K> } = {
  projectLineJacobian: ({ out, jacobian, volume, ...rays }, context) => {
    const { rows, columns } = imagesOf(out);
    const parallel = rays.beam === "parallel" ? 1 : 0;
    clearAll(context, out);
    let slopes: Slot | undefined;
    for (const batch of viewBatches(rays, out, volume, context, 24 * rows * columns)) {
      slopes ??= context.temporary(24 * rows * columns * batch.units); // no batch is larger than the first
      context.clear(slopes);
      overVolume(context, VIEWS[rays.model], batch, volume, rays, {
        settings: { parallel, firstOfBatch: batch.settings.firstPixel },
        slots: { image: batch.part.slot, slopes },
      });
      copyUnits(context, { slot: slopes, first: 6 * batch.first, units: 6 * batch.units }, jacobian, "to array");
    }
  },
  projectRaysJacobian: ({ out, volume, ...rays }, context) => {
    const parts = context.tableOutput(out);
    const whole = { ...parts[0], length: out.length, units: rays.rays.length / 6, firstUnit: 0, first: 0 };
    let slopes: Slot | undefined;
    for (const batch of freeBatches(rays, [whole], volume, context)) {
      slopes ??= context.temporary(24 * batch.units);
      context.clear(slopes);
      const discretization = { ...rays, beam: "cone" } as const;
      overVolume(context, FREE[rays.model], batch, volume, discretization, { settings: {}, slots: { slopes } });
      copyUnits(context, { slot: slopes, first: 6 * batch.first, units: 6 * batch.units }, out, "to array");
    }
  },
};
