import { refuseUnknownOptions, type Vec3 } from "../../core/index.js";
import type { Quantity } from "../grid.js";
import { createPhantom, type Phantom } from "./phantom.js";
import type { Shape } from "./shapes.js";

/**
 * Half axes; center; turn about z in degrees; added density. Unit: half the edge of the cube [-1, 1]³.
 * Source: Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988, p. 102 (3D head phantom).
 */
const ELLIPSOIDS: readonly (readonly [Vec3, Vec3, number, number])[] = [
  [[0.69, 0.92, 0.9], [0, 0, 0], 0, 2],
  [[0.6624, 0.874, 0.88], [0, 0, 0], 0, -0.98],
  [[0.41, 0.16, 0.21], [-0.22, 0, -0.25], 108, -0.02],
  [[0.31, 0.11, 0.22], [0.22, 0, -0.25], 72, -0.02],
  [[0.21, 0.25, 0.5], [0, 0.35, -0.25], 0, 0.02],
  [[0.046, 0.046, 0.046], [0, 0.1, -0.25], 0, 0.02],
  [[0.046, 0.023, 0.02], [-0.08, -0.65, -0.25], 0, 0.01],
  [[0.046, 0.023, 0.02], [0.06, -0.65, -0.25], 90, 0.01],
  [[0.056, 0.04, 0.1], [0.06, -0.105, 0.625], 90, 0.02],
  [[0.056, 0.056, 0.1], [0, 0.1, 0.625], 0, -0.02],
];

/** Size, place and units of the Shepp-Logan head. */
export interface SheppLoganOptions<Q extends Quantity = "attenuation"> {
  /** mm: half the edge of the cube around the head. @default 1 */
  readonly radius?: number;
  /** World RAS mm. @default [0, 0, 0] */
  readonly center?: Vec3;
  /** Factor on all densities (skull 2.0, brain 1.02). @default 1 */
  readonly density?: number;
  /** @default "attenuation" */
  readonly quantity?: Q;
}

/** The 3D Shepp-Logan head of 10 ellipsoids in the densities of Kak and Slaney: skull 2.0, brain 1.02. */
export function sheppLogan<Q extends Quantity = "attenuation">(options: SheppLoganOptions<Q> = {}): Phantom<Q> {
  refuseUnknownOptions("sheppLogan", options, ["radius", "center", "density", "quantity"]);
  const { radius = 1, center = [0, 0, 0], density = 1 } = options;
  const shapes = ELLIPSOIDS.map(
    ([axes, at, degrees, added]): Shape => ({
      kind: "ellipsoid",
      center: [center[0] + radius * at[0], center[1] + radius * at[1], center[2] + radius * at[2]],
      radii: [radius * axes[0], radius * axes[1], radius * axes[2]],
      rotation: turnAboutZ(degrees),
      density: density * added,
    }),
  );
  return createPhantom(shapes, options.quantity);
}

/** The rotation by an angle in degrees about z, 9 numbers, row-major. */
export function turnAboutZ(degrees: number): number[] {
  const angle = (degrees * Math.PI) / 180;
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}
