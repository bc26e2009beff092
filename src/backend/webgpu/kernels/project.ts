/** Line integrals of a volume: one invocation a ray. */
import type { DeviceArray } from "../../backend.js";
import type { Discretization, KernelName, Model } from "../../kernels.js";
import { type Kernel, type KernelContext, partsOf } from "../kernel.js";
import { perElement, type Shader } from "../shader.js";
import { FREE_RAYS, LINES, type RayText, VIEW_RAYS, WALK_SETTINGS } from "./line.js";
import { dispatchRays, freeBatches, type RayBatch, viewBatches, walkSettings } from "./rays.js";
import { walkOf } from "./walks.js";

export type ProjectKernel = Extract<KernelName, "project" | "projectRays">;

/** `at(cell)`: a voxel of this part of the volume, 0 outside. */
export const LOOKUP = `
fn at(cell: vec3i) -> f32 {
  if (!inside(cell)) { return 0.0; }
  return volume[place(cell)];
}`;

const projector = (name: string, rays: RayText, model: Model): Shader =>
  perElement({
    name: `${name}, ${model}`,
    settings: { ...WALK_SETTINGS, ...rays.settings },
    buffers: { image: "write array<f32>", volume: "read array<f32>", ...rays.buffers },
    code: `${LINES}${rays.code}${LOOKUP}
var<private> total: f32;
fn visit(cell: vec3i, weight: f32) { total += weight * at(cell); }
${walkOf(model)}`,
    body: "walk(rayOf(i)); image[pixel] += total;",
  });

/** One shader for each model. */
export const forModels = (make: (model: Model) => Shader): { readonly [M in Model]: Shader } => ({
  siddon: make("siddon"),
  joseph: make("joseph"),
  trilinear: make("trilinear"),
});

const VIEWS = forModels((model) => projector("project", VIEW_RAYS, model));
const FREE = forModels((model) => projector("projectRays", FREE_RAYS, model));

/** Runs a shader over batches of rays and the parts of a volume; `slots` are those of a batch on a part. */
export function overRays(
  context: KernelContext,
  shader: Shader,
  discretization: Discretization & { readonly beam: "cone" | "parallel" },
  volume: DeviceArray,
  batches: Iterable<RayBatch>,
): void {
  for (const batch of batches)
    for (const part of partsOf(volume))
      dispatchRays(context, shader, batch, {
        settings: { ...batch.settings, ...walkSettings(discretization, discretization.beam, volume, part) },
        slots: { ...batch.slots, image: batch.part.slot, volume: part.slot },
      });
}

/** Sets an array to 0. */
export const clearAll = ({ clear }: KernelContext, array: DeviceArray): void => {
  for (const { slot } of partsOf(array)) clear(slot);
};

export const projectKernels: { readonly [K in ProjectKernel]: Kernel<K> } = {
  project: ({ out, volume, accumulate, ...rays }, context) => {
    if (!accumulate) clearAll(context, out);
    overRays(context, VIEWS[rays.model], rays, volume, viewBatches(rays, out, volume, context));
  },
  projectRays: ({ out, volume, accumulate, ...rays }, context) => {
    if (!accumulate) clearAll(context, out);
    const batches = freeBatches(rays, partsOf(out), volume, context);
    overRays(context, FREE[rays.model], { ...rays, beam: "cone" }, volume, batches);
  },
};
