import { PLANE_AXES } from "../planes";
import { crosshair } from "../state/patient";
import type { SlicePicture } from "../worker/protocol";

/** The lines in which the two other slices cut this one, in their colors; open around the point itself. */
export function Crosshair({ picture }: { readonly picture: SlicePicture }) {
  const { across, down } = PLANE_AXES[picture.plane];
  const x = (100 * (picture.corner[across] - crosshair.value[across])) / (picture.columns * picture.pixel);
  const y = (100 * (picture.corner[down] - crosshair.value[down])) / (picture.rows * picture.pixel);
  const gap = 3;
  const line = (axis: number, x1: number, y1: number, x2: number, y2: number) => (
    <line class={`axis-${axis}`} x1={`${x1}%`} y1={`${y1}%`} x2={`${x2}%`} y2={`${y2}%`} />
  );
  return (
    <svg class="crosshair" aria-hidden="true">
      {line(across, x, 0, x, Math.max(0, y - gap))}
      {line(across, x, Math.min(100, y + gap), x, 100)}
      {line(down, 0, y, Math.max(0, x - gap), y)}
      {line(down, Math.min(100, x + gap), y, 100, y)}
    </svg>
  );
}
