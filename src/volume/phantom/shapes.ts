/**
 * Bodies with closed-form line integrals. Each is one of three unit bodies, moved by an affine map: the unit ball
 * |y| < 1, the unit cube -1 <= y < 1, the unit Gaussian exp(-|y|²/2).
 */
import {
  affine,
  fault,
  IDENTITY3,
  inverseAffine,
  type Matrix3,
  type Matrix4,
  refuseUnknownOptions,
  transformPoint,
  transformVector,
  type Vec3,
} from "../../core/index.js";
import { erf } from "./errorFunction.js";

/** A body that adds its density to the phantom. */
export interface Shape {
  readonly kind: "ellipsoid" | "box" | "gaussian";
  /** World RAS mm. */
  readonly center: Vec3;
  /** mm along the body's own axes: half axes (ellipsoid), half edges (box), standard deviations (gaussian). */
  readonly radii: number | Vec3;
  /** Added inside (gaussian: at the center), in the unit of the volume; may be negative. */
  readonly density: number;
  /** 9 numbers, row-major: column a is the direction of the body's own axis a. @default identity */
  readonly rotation?: Matrix3;
}

/** A shape made ready: its value and its integral along lines. */
export interface Body {
  /** Density at a world point; 0 outside. */
  valueAt(point: Vec3): number;
  /**
   * Integral of the density over origin + t direction, from <= t <= to (may be infinite), in mm times density.
   * `direction`: any length but 0.
   */
  integral(origin: Vec3, direction: Vec3, from: number, to: number): number;
  /** The part of the line where the density is not negligible (gaussian: above 1e-18 of the peak), or undefined. */
  span(origin: Vec3, direction: Vec3): readonly [number, number] | undefined;
  /** True if the density is the same everywhere inside `span`. */
  readonly uniform: boolean;
  readonly density: number;
}

/** |y|² beyond which a Gaussian counts as 0 in `span`: exp(-41.5) = 1e-18. */
const GAUSSIAN_REACH = 83;

/** @throws INVALID_GEOMETRY for radii that are not positive and finite, INVALID_ARGUMENT for an unknown kind or option */
export function createBody(shape: Shape): Body {
  refuseUnknownOptions("a shape", shape, ["kind", "center", "radii", "density", "rotation"]);
  const { kind, center, density, rotation = IDENTITY3 } = shape;
  const radii = typeof shape.radii === "number" ? [shape.radii, shape.radii, shape.radii] : shape.radii;
  if (![...radii, ...center, density].every(Number.isFinite) || radii.some((r) => r <= 0))
    throw fault("INVALID_GEOMETRY", `a shape needs positive radii and a finite center and density, got [${radii}]`, {
      defect: "bad-shape",
      radii: [...radii],
    });
  const toUnit = inverseAffine(
    affine(
      rotation.map((d, entry) => d * radii[entry % 3]),
      center,
    ),
  );
  switch (kind) {
    case "ellipsoid":
      return uniformBody(toUnit, density, isInBall, (y, v) => ballSpan(y, v, 1));
    case "box":
      return uniformBody(toUnit, density, isInCube, cubeSpan);
    case "gaussian":
      return gaussianBody(toUnit, density);
    default:
      throw fault("INVALID_ARGUMENT", `a shape is an ellipsoid, a box or a gaussian, got '${kind}'`, {
        defect: "unknown-option",
      });
  }
}

const isInBall = (y: Vec3) => y[0] * y[0] + y[1] * y[1] + y[2] * y[2] < 1;
const isInCube = (y: Vec3) => y.every((q) => q >= -1 && q < 1);

type Span = readonly [number, number] | undefined;

function uniformBody(
  toUnit: Matrix4,
  density: number,
  isInside: (y: Vec3) => boolean,
  unitSpan: (y: Vec3, v: Vec3) => Span,
): Body {
  const span = (origin: Vec3, direction: Vec3) =>
    unitSpan(transformPoint(toUnit, origin), transformVector(toUnit, direction));
  return {
    uniform: true,
    density,
    span,
    valueAt: (point) => (isInside(transformPoint(toUnit, point)) ? density : 0),
    integral(origin, direction, from, to) {
      const inside = span(origin, direction);
      if (!inside) return 0;
      const overlap = Math.min(to, inside[1]) - Math.max(from, inside[0]);
      return overlap > 0 ? density * overlap * Math.hypot(...direction) : 0;
    },
  };
}

/**
 * Along y + t v, with t_m the nearest point to the center at distance p:
 * integral = density |direction| exp(-p²/2) sqrt(pi/2)/|v| [erf((to - t_m) |v|/sqrt 2) - erf((from - t_m) |v|/sqrt 2)].
 */
function gaussianBody(toUnit: Matrix4, density: number): Body {
  return {
    uniform: false,
    density,
    span: (origin, direction) =>
      ballSpan(transformPoint(toUnit, origin), transformVector(toUnit, direction), GAUSSIAN_REACH),
    valueAt(point) {
      const y = transformPoint(toUnit, point);
      return density * Math.exp(-(y[0] * y[0] + y[1] * y[1] + y[2] * y[2]) / 2);
    },
    integral(origin, direction, from, to) {
      const v = transformVector(toUnit, direction);
      const { middle, squared } = nearest(transformPoint(toUnit, origin), v);
      const speed = Math.hypot(...v);
      const cut = (t: number) => erf(((t - middle) * speed) / Math.SQRT2);
      const along = (Math.sqrt(Math.PI / 2) / speed) * (cut(to) - cut(from));
      return density * Math.hypot(...direction) * Math.exp(-squared / 2) * along;
    },
  };
}

/** The point of y + t v nearest to 0: its t and its squared distance (from the perpendicular part, without cancellation). */
function nearest(y: Vec3, v: Vec3): { middle: number; squared: number } {
  const middle = -(y[0] * v[0] + y[1] * v[1] + y[2] * v[2]) / (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  const [a, b, c] = [y[0] + middle * v[0], y[1] + middle * v[1], y[2] + middle * v[2]];
  return { middle, squared: a * a + b * b + c * c };
}

/** Where |y + t v|² < reach. */
function ballSpan(y: Vec3, v: Vec3, reach: number): Span {
  const { middle, squared } = nearest(y, v);
  if (!(squared < reach)) return undefined;
  const half = Math.sqrt(reach - squared) / Math.hypot(...v);
  return [middle - half, middle + half];
}

/** Where -1 <= y + t v < 1 on every axis; a line in a face counts for the lower face only. */
function cubeSpan(y: Vec3, v: Vec3): Span {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (let axis = 0; axis < 3; axis++) {
    if (v[axis] === 0) {
      if (y[axis] < -1 || y[axis] >= 1) return undefined;
      continue;
    }
    const a = (-1 - y[axis]) / v[axis];
    const b = (1 - y[axis]) / v[axis];
    low = Math.max(low, Math.min(a, b));
    high = Math.min(high, Math.max(a, b));
  }
  return high > low ? [low, high] : undefined;
}
