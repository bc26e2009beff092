/** Smoothed total variation: its value, its gradient and the step of its surrogate. Forward differences, 0 at far faces. */
import type { KernelName } from "../../kernels.js";
import { finite, type Kernel, onlySlot, partsOf } from "../kernel.js";
import { perElement, shader } from "../shader.js";
import { CELL, CELL_SETTINGS, cellSettings, overCells, surrounded } from "./neighbors.js";
import { FINISH_SUM, reduceParts, SUM, tiles } from "./reductions.js";

export type TotalVariationKernel = Extract<KernelName, "totalVariation" | "totalVariationGradient" | "surrogateStep">;

/** `ahead`: elements of `x` before those of the part. */
const SETTINGS = { ...CELL_SETTINGS, delta: "f32", ahead: "u32" } as const;

const DIFFERENCES = `${CELL}
// forward differences at a cell, which is element \`at\` of x
fn differences(cell: vec3u, at: u32) -> vec3f {
  let here = x[at];
  var d = vec3f(0.0);
  if (cell.x + 1u < setting.nx) { d.x = x[at + 1u] - here; }
  if (cell.y + 1u < setting.ny) { d.y = x[at + setting.nx] - here; }
  if (cell.z + 1u < setting.nz) { d.z = x[at + setting.nx * setting.ny] - here; }
  return d;
}`;

/** `derivatives(i)`: gradient and curvature of the total variation by voxel i of the part. */
const DERIVATIVES = `${DIFFERENCES}
fn weightOf(d: vec3f) -> f32 { return 1.0 / sqrt(dot(d, d) + setting.delta * setting.delta); }
// of the difference that ends at a cell, along one axis: \`along\` is 1 there and 0 elsewhere
fn behind(cell: vec3u, at: u32, along: vec3u) -> vec2f {
  if (dot(cell, along) == 0u) { return vec2f(0.0); }
  let step = differences(cell - along, at - dot(strides(), along));
  return vec2f(dot(step, vec3f(along)), 1.0) * weightOf(step);
}
fn derivatives(i: u32) -> vec2f {
  let cell = cellOf(i);
  let at = setting.ahead + i;
  let d = differences(cell, at);
  let inside = select(vec3f(0.0), vec3f(1.0), cell + 1u < sizes());
  let total = vec2f(-(d.x + d.y + d.z), inside.x + inside.y + inside.z) * weightOf(d)
    + behind(cell, at, vec3u(1u, 0u, 0u)) + behind(cell, at, vec3u(0u, 1u, 0u)) + behind(cell, at, vec3u(0u, 0u, 1u));
  return vec2f(total.x, 2.0 * total.y);
}`;

/** Terms g²/(sqrt(g² + delta²) + delta), which lose nothing where the difference g is small. */
const VALUE = tiles(
  SUM,
  shader({
    name: "totalVariation",
    settings: SETTINGS,
    buffers: { x: "read array<f32>" },
    code: `${DIFFERENCES}
fn term(i: u32) -> f32 {
  let d = differences(cellOf(i), setting.ahead + i);
  let squared = dot(d, d);
  // without delta a difference of 0 must not give 0 / 0
  return squared / max(sqrt(squared + setting.delta * setting.delta) + setting.delta, 1.2e-38);
}`,
  }),
);

const GRADIENT = perElement({
  name: "totalVariationGradient",
  settings: { ...SETTINGS, weight: "f32" },
  buffers: { x: "read array<f32>", out: "write array<f32>" },
  code: DERIVATIVES,
  body: "out[i] += setting.weight * derivatives(i).x;",
});

const SURROGATE = perElement({
  name: "surrogateStep",
  settings: { ...SETTINGS, weight: "f32", scale: "f32", lower: "f32", upper: "f32" },
  buffers: { x: "read array<f32>", curvature: "read array<f32>", out: "write array<f32>" },
  code: DERIVATIVES,
  body: `
  let here = x[setting.ahead + i];
  var slope = setting.scale * out[i];
  var bend = curvature[i];
  let held = bend >= 3.4028234e38; // WGSL may do without infinities
  if (setting.weight != 0.0) {
    let added = setting.weight * derivatives(i);
    slope += added.x;
    bend += added.y;
  }
  out[i] = min(max(select(here - slope / bend, here, held), setting.lower), setting.upper);`,
});

const BOTH_SIDES = { before: 1, after: 1 } as const;

export const totalVariationKernels: { readonly [K in TotalVariationKernel]: Kernel<K> } = {
  totalVariation: ({ out, x, delta }, context) => {
    const parts = partsOf(x);
    const around = surrounded(context, x, { after: 1 });
    const bind = (part: number) => {
      const { slot, ahead } = around(part);
      return { settings: { ...cellSettings(x, parts[part]), delta, ahead }, slots: { x: slot } };
    };
    reduceParts(context, VALUE, FINISH_SUM, parts, bind, onlySlot(out));
  },
  totalVariationGradient: ({ out, x, delta, weight }, context) => {
    const around = surrounded(context, x, BOTH_SIDES);
    overCells(context, GRADIENT, x, (part) => {
      const { slot, ahead } = around(part);
      return { settings: { delta, weight, ahead }, slots: { x: slot, out: partsOf(out)[part].slot } };
    });
  },
  surrogateStep: ({ out, at, curvature, scale, delta, weight, ...bounds }, context) => {
    const [lower, upper] = [finite(bounds.lower), finite(bounds.upper)];
    const around = surrounded(context, at, BOTH_SIDES);
    overCells(context, SURROGATE, at, (part) => {
      const { slot, ahead } = around(part);
      const [own, bend] = [partsOf(out)[part].slot, partsOf(curvature)[part].slot];
      return {
        settings: { delta, weight, scale, lower, upper, ahead },
        slots: { x: slot, curvature: bend, out: own },
      };
    });
  },
};
