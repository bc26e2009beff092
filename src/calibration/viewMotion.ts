/** The numbers by which a view may be off, and what each moves. */
import { fault } from "../core/errors.js";
import { add, cross, scale, subtract, type Vec3 } from "../core/linear.js";
import { transformView } from "../geometry/sameView.js";
import { se3Exp } from "../geometry/se3.js";
import type { View } from "../geometry/view.js";
import { viewGeometry } from "../geometry/viewGeometry.js";
import { aboutCenter } from "../registration/motion.js";

/**
 * Rigid motions of one exposure, source and detector together. mm along the columns' step (`shiftU`), at right angles to
 * it in the detector (`shiftV`) and along the normal away from the source (`shiftDepth`); rad about the same three axes
 * through the pivot (`turnU`, `turnV`, `roll`).
 */
export const VIEW_PARAMETERS = ["shiftU", "shiftV", "shiftDepth", "turnU", "turnV", "roll"] as const;
/** The name of a rigid motion of one exposure; see `VIEW_PARAMETERS`. */
export type ViewParameter = (typeof VIEW_PARAMETERS)[number];

/** What all exposures share: mm by which the detector lies off along its own axes, and farther from the source (`sdd`). */
export const COMMON_PARAMETERS = ["offsetU", "offsetV", "sdd"] as const;
/** The name of an error that all exposures share; see `COMMON_PARAMETERS`. */
export type CommonParameter = (typeof COMMON_PARAMETERS)[number];

/** How the four vectors of a view change with one number. `start`: the source, or the direction of a parallel beam. */
export interface ViewTangent {
  readonly start: Vec3;
  readonly firstPixel: Vec3;
  readonly columnStep: Vec3;
  readonly rowStep: Vec3;
}

const ZERO: Vec3 = [0, 0, 0];

/** Unit vectors: along the columns' step, at right angles to it in the detector, along the normal. */
function axesOf(view: View): readonly [Vec3, Vec3, Vec3] {
  const { normal, pixelSize, handedness } = viewGeometry(view);
  const u = scale(view.columnStep, 1 / pixelSize[0]);
  return [u, scale(cross(normal, u), handedness), normal];
}

/** The derivative of the view with respect to a motion (exact at 0) or a common error. @param pivot world mm */
export function tangentOf(view: View, parameter: ViewParameter | CommonParameter, pivot: Vec3): ViewTangent {
  const axes = axesOf(view);
  const common = (COMMON_PARAMETERS as readonly string[]).indexOf(parameter);
  if (common >= 0) return { start: ZERO, firstPixel: axes[common], columnStep: ZERO, rowStep: ZERO };
  const motion = (VIEW_PARAMETERS as readonly string[]).indexOf(parameter);
  const cone = view.beam === "cone";
  const axis = axes[motion % 3];
  if (motion < 3) return { start: cone ? axis : ZERO, firstPixel: axis, columnStep: ZERO, rowStep: ZERO };
  return {
    start: cross(axis, cone ? subtract(view.source, pivot) : view.direction),
    firstPixel: cross(axis, subtract(view.firstPixel, pivot)),
    columnStep: cross(axis, view.columnStep),
    rowStep: cross(axis, view.rowStep),
  };
}

/** The 4x4 motion exp(w, t) about a point. @param w rotation vector, rad @param t mm */
export const motionAbout = (pivot: Vec3, w: Vec3, t: Vec3): number[] => aboutCenter(se3Exp(w, t), pivot);

/**
 * The view moved: the rigid motion exp(sum of axes times values) about the pivot, then the detector's own offsets.
 * @param values by name, mm and rad; those left out are 0
 * @throws INVALID_ARGUMENT for a value that is not finite
 */
export function moveView(
  view: View,
  values: Readonly<Partial<Record<ViewParameter | CommonParameter, number>>>,
  pivot: Vec3,
): View {
  for (const [field, value] of Object.entries(values))
    if (!Number.isFinite(value)) throw fault("INVALID_ARGUMENT", `${field} must be finite, not ${value}`, { field });
  const combined = (axes: readonly Vec3[], names: readonly (ViewParameter | CommonParameter)[]) =>
    names.reduce<Vec3>((sum, name, i) => add(sum, scale(axes[i], values[name] ?? 0)), ZERO);
  const axes = axesOf(view);
  const shift = combined(axes, VIEW_PARAMETERS.slice(0, 3));
  const turn = combined(axes, VIEW_PARAMETERS.slice(3));
  const moved = transformView(view, motionAbout(pivot, turn, shift));
  return { ...moved, firstPixel: add(moved.firstPixel, combined(axesOf(moved), COMMON_PARAMETERS)) };
}
