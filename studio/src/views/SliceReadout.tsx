import { PLANE_AXES } from "../planes";
import { crosshair, patient } from "../state/patient";
import type { SlicePicture } from "../worker/protocol";

const UNITS: Readonly<Record<string, string>> = { hounsfield: "HU", attenuation: "/mm" };

export interface SliceReadoutProps {
  readonly picture: SlicePicture;
  /** 0 to 1 across and down the picture; undefined: the crosshair. */
  readonly place: { readonly x: number; readonly y: number } | undefined;
}

/** Value and label under the pointer, else at the crosshair. */
export function SliceReadout({ picture, place }: SliceReadoutProps) {
  const { across, down } = PLANE_AXES[picture.plane];
  const { columns, rows, corner, pixel } = picture;
  const at = place ?? {
    x: (corner[across] - crosshair.value[across]) / (columns * pixel),
    y: (corner[down] - crosshair.value[down]) / (rows * pixel),
  };
  const column = Math.min(columns - 1, Math.max(0, Math.floor(at.x * columns)));
  const row = Math.min(rows - 1, Math.max(0, Math.floor(at.y * rows)));
  const value = picture.values[row * columns + column];
  const label = picture.labels?.[row * columns + column];
  const quantity = patient.value?.quantity ?? "unknown";
  const digits = quantity === "hounsfield" || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  return (
    <>
      <b>
        {Number(value.toFixed(digits)) + 0} {UNITS[quantity]}
      </b>
      {label ? <span>label {label}</span> : null}
    </>
  );
}
