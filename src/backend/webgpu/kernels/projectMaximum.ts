/** The largest voxel that a ray meets: Siddon's walk, a maximum in place of the sum. */
import type { KernelName } from "../../kernels.js";
import { type Kernel, partsOf } from "../kernel.js";
import { perElement } from "../shader.js";
import { LINES, VIEW_RAYS, WALK_SETTINGS } from "./line.js";
import { clearAll } from "./project.js";
import { dispatchRays, viewBatches, walkSettings } from "./rays.js";
import { walkOf } from "./walks.js";

export type MaximumKernel = Extract<KernelName, "projectMaximum">;

/** A ray that has met nothing yet holds the lowest number between the parts of a volume, and 0 after the last. */
const MAXIMUM = perElement({
  name: "projectMaximum",
  settings: { ...WALK_SETTINGS, ...VIEW_RAYS.settings, begins: "u32", ends: "u32" },
  buffers: { image: "write array<f32>", volume: "read array<f32>", ...VIEW_RAYS.buffers },
  code: `${LINES}${VIEW_RAYS.code}
const NOTHING = -3.4028234e38;
var<private> highest: f32;
fn visit(cell: vec3i, weight: f32) {
  if (weight > 0.0 && inside(cell)) { highest = max(highest, volume[place(cell)]); }
}
${walkOf("siddon")}`,
  body: `
  let line = rayOf(i);
  highest = select(image[pixel], NOTHING, setting.begins == 1u);
  walk(line);
  image[pixel] = select(highest, 0.0, setting.ends == 1u && highest == NOTHING);`,
});

export const maximumKernels: { readonly [K in MaximumKernel]: Kernel<K> } = {
  projectMaximum: ({ out, volume, ...rays }, context) => {
    clearAll(context, out);
    const parts = partsOf(volume);
    for (const batch of viewBatches(rays, out, volume, context))
      parts.forEach((part, number) => {
        const ends = { begins: number === 0 ? 1 : 0, ends: number === parts.length - 1 ? 1 : 0 };
        dispatchRays(context, MAXIMUM, batch, {
          settings: { ...batch.settings, ...walkSettings(rays, rays.beam, volume, part), ...ends },
          slots: { ...batch.slots, image: batch.part.slot, volume: part.slot },
        });
      });
  },
};
