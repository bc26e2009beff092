/** Random volumes, and an independent reader of what was written. */
import fc from "fast-check";
import { determinant3, linearPart, type Matrix4 } from "../../src/core/linear.js";
import type { Quantity, Volume } from "../../src/volume/grid.js";

const float = (max: number) => fc.double({ min: -max, max, noNaN: true });
const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 }));
/** Any invertible affine: rotated, flipped, sheared, anisotropic; steps from 1e-3 mm; its axes a few degrees off one plane. */
const affines = fc
  .tuple(fc.array(float(4), { minLength: 9, maxLength: 9 }), fc.array(float(500), { minLength: 3, maxLength: 3 }))
  .map(([l, t]): Matrix4 => [l[0], l[1], l[2], t[0], l[3], l[4], l[5], t[1], l[6], l[7], l[8], t[2], 0, 0, 0, 1])
  .filter((m) => Math.hypot(...linearPart(m)) > 1e-3)
  .filter((m) => Math.abs(determinant3(linearPart(m))) > 0.01 * Math.hypot(...linearPart(m)) ** 3);
const quantities = fc.constantFrom<Quantity>("hounsfield", "attenuation", "density", "label", "unknown");

/** Arrays as readers give them; labels are integers. */
const filled = (length: number, quantity: Quantity) => {
  const range = { minLength: length, maxLength: length };
  const finite = { ...range, noNaN: true, noDefaultInfinity: true };
  const floats = quantity === "label" ? [] : [fc.float32Array(finite), fc.float64Array(finite)];
  return fc.oneof(fc.uint8Array(range), fc.int16Array(range), ...floats) as fc.Arbitrary<Volume["values"]>;
};

const placedIn = (affine: fc.Arbitrary<Matrix4>) =>
  fc
    .tuple(sizes, affine, quantities)
    .chain(([size, indexToWorld, quantity]) =>
      filled(size[0] * size[1] * size[2], quantity).map(
        (values): Volume => ({ quantity, grid: { size, indexToWorld }, values }),
      ),
    );

/** Volumes of any shape, type, affine and quantity. */
export const anyVolume: fc.Arbitrary<Volume> = placedIn(affines);

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
export const placedVolume: fc.Arbitrary<Volume> = placedIn(rigidAffines);

const INTEGERS = { uint8: 8, int8: 8, uint16: 16, int16: 16, uint32: 32, int32: 32, uint64: 64, int64: 64 } as const;
/** The array that readers give such integers in, if it is no Float64Array. */
const kept = (type: string, numbers: readonly number[]): Volume["values"] =>
  type === "uint8"
    ? Uint8Array.from(numbers)
    : type === "int16"
      ? Int16Array.from(numbers)
      : Float64Array.from(numbers);

/** A volume as it is read from a file of an integer type, with the smallest and the largest number of that type in it. */
export type TypedVolume = Volume & { readonly type: keyof typeof INTEGERS };

/** Volumes of one integer type; of 64 bits up to what float64 holds exactly. Grids without shear, unless it is asked for. */
export const integerVolume = (
  type: keyof typeof INTEGERS,
  grids: "rigid" | "sheared" = "rigid",
): fc.Arbitrary<TypedVolume> => {
  const bits = Math.min(INTEGERS[type], 54);
  const [min, max] = type.startsWith("u")
    ? [0, 2 ** Math.min(bits, 53) - 1]
    : [-(2 ** (bits - 1)) + (bits === 54 ? 1 : 0), 2 ** (bits - 1) - 1];
  const numbers = (length: number) =>
    fc.array(
      fc.maxSafeInteger().map((n) => min + (Math.abs(n) % (max - min))),
      { minLength: length, maxLength: length },
    );
  return fc
    .tuple(sizes, grids === "rigid" ? rigidAffines : affines, fc.constantFrom<Quantity>("label", "unknown"))
    .chain(([size, indexToWorld, quantity]) =>
      numbers(size[0] * size[1] * size[2]).map((drawn) => {
        const all = drawn.map((n, i) => (i === 0 ? max : i === 1 ? min : n));
        return { quantity, grid: { size, indexToWorld }, values: kept(type, all), type };
      }),
    );
};

export const integerTypes = Object.keys(INTEGERS) as readonly (keyof typeof INTEGERS)[];

/** The same file as read by the Insight Toolkit: its LPS geometry as a RAS affine. */
export async function readByItk(
  path: string,
): Promise<{ type: string; size: number[]; indexToWorld: number[]; values: number[] }> {
  const { readImageNode } = await import("@itk-wasm/image-io");
  const { imageType, origin, spacing, direction, size, data } = await readImageNode(path);
  // Of four axes the first three are those of space.
  const axes = size.length;
  const row = (r: number) => {
    const sign = r < 2 ? -1 : 1;
    return [...[0, 1, 2].map((k) => sign * Number(direction[axes * r + k]) * spacing[k]), sign * origin[r]];
  };
  const indexToWorld = [...row(0), ...row(1), ...row(2), 0, 0, 0, 1];
  return {
    type: imageType.componentType,
    size,
    indexToWorld,
    values: Array.from(data as ArrayLike<number | bigint>, Number),
  };
}
