/** Random volumes, and an independent reader of what was written. */
import fc from "fast-check";
import { determinant3, linearPart, type Matrix4 } from "../../src/core/linear.js";
import type { Quantity, Volume } from "../../src/volume/grid.js";

const float = (max: number) => fc.double({ min: -max, max, noNaN: true });
const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 }));
/** Any invertible affine: rotated, flipped, sheared, anisotropic; its axes at least a few degrees off one plane. */
const affines = fc
  .tuple(fc.array(float(4), { minLength: 9, maxLength: 9 }), fc.array(float(500), { minLength: 3, maxLength: 3 }))
  .map(([l, t]): Matrix4 => [l[0], l[1], l[2], t[0], l[3], l[4], l[5], t[1], l[6], l[7], l[8], t[2], 0, 0, 0, 1])
  .filter((m) => Math.abs(determinant3(linearPart(m))) > 0.01 * Math.hypot(...linearPart(m)) ** 3);
const quantities = fc.constantFrom<Quantity>("hounsfield", "attenuation", "density", "label", "unknown");

const filled = (length: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc.int16Array({ minLength: length, maxLength: length }),
    fc.float32Array({ minLength: length, maxLength: length, noNaN: true, noDefaultInfinity: true }),
    fc.float64Array({ minLength: length, maxLength: length, noNaN: true, noDefaultInfinity: true }),
  ) as fc.Arbitrary<Volume["values"]>;

/** Volumes of any shape, type, affine and quantity. */
export const anyVolume: fc.Arbitrary<Volume> = fc
  .tuple(sizes, affines, quantities)
  .chain(([size, indexToWorld, quantity]) =>
    filled(size[0] * size[1] * size[2]).map((values): Volume => ({ quantity, grid: { size, indexToWorld }, values })),
  );

const angle = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true });
const edge = fc.double({ min: 0.2, max: 5, noNaN: true });

/** An affine of a rotation about all three axes, spacings of 0.2 to 5 mm, and a mirror or none. */
const rigidAffines = fc
  .tuple(angle, angle, angle, fc.boolean(), fc.tuple(edge, edge, edge), fc.tuple(float(500), float(500), float(500)))
  .map(([a, b, c, mirrored, s, t]): Matrix4 => {
    const [ca, sa, cb, sb, cc, sc] = [a, b, c].flatMap((x) => [Math.cos(x), Math.sin(x)]);
    const f = mirrored ? -1 : 1;
    return [
      ...[ca * cb * s[0], (ca * sb * sc - sa * cc) * s[1], f * (ca * sb * cc + sa * sc) * s[2], t[0]],
      ...[sa * cb * s[0], (sa * sb * sc + ca * cc) * s[1], f * (sa * sb * cc - ca * sc) * s[2], t[1]],
      ...[-sb * s[0], cb * sc * s[1], f * cb * cc * s[2], t[2]],
      ...[0, 0, 0, 1],
    ];
  });

/** Volumes of any shape and type on grids without shear. */
export const placedVolume: fc.Arbitrary<Volume> = fc
  .tuple(anyVolume, rigidAffines)
  .map(([volume, indexToWorld]) => ({ ...volume, grid: { ...volume.grid, indexToWorld } }));

/** The same file as read by the Insight Toolkit: its LPS geometry as a RAS affine. */
export async function readByItk(path: string): Promise<{ size: number[]; indexToWorld: number[]; values: number[] }> {
  const { readImageNode } = await import("@itk-wasm/image-io");
  const { origin, spacing, direction, size, data } = await readImageNode(path);
  // Of four axes the first three are those of space.
  const axes = size.length;
  const row = (r: number) => {
    const sign = r < 2 ? -1 : 1;
    return [...[0, 1, 2].map((k) => sign * Number(direction[axes * r + k]) * spacing[k]), sign * origin[r]];
  };
  const indexToWorld = [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
  return { size, indexToWorld, values: Array.from(data as ArrayLike<number | bigint>, Number) };
}
