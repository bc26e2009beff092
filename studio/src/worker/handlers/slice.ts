import type { Vec3 } from "tomograd";
import { sliceVolume } from "tomograd/report";
import { gridCorners, resample, spacing, type Volume } from "tomograd/volume";
import { currentLabels } from "../labelMap";
import { shownVolume } from "../reconstructed";
import type { Handlers } from "./types";

export const sliceHandlers: Pick<Handlers, "slice" | "value"> = {
  async slice({ shown, plane, through }, { move }) {
    const { volume, outside } = shownVolume(shown);
    const labels = shown === "volume" ? currentLabels()?.volume : undefined;
    const slice = sliceVolume(volume, plane, { through, outside });
    const highest = [0, 1, 2].map((axis) => Math.max(...gridCorners(volume.grid).map((corner) => corner[axis])));
    const normal = plane === "axial" ? 2 : plane === "coronal" ? 1 : 0;
    const corner = highest.map((value, axis) => (axis === normal ? slice.position : value)) as unknown as Vec3;
    const { rows, columns, values, letters } = slice;
    return {
      plane,
      rows,
      columns,
      letters,
      corner,
      pixel: Math.min(...spacing(volume.grid)),
      values: move(values as Float32Array<ArrayBuffer>),
      ...(labels && {
        labels: move(sliceVolume(labels, plane, { through, outside: 0 }).values as Float32Array<ArrayBuffer>),
      }),
    };
  },

  async value({ shown, at }) {
    const { volume, outside } = shownVolume(shown);
    const labels = shown === "volume" ? currentLabels()?.volume : undefined;
    return { value: valueAt(volume, at, outside), label: labels ? valueAt(labels, at, 0) : 0 };
  },
};

const valueAt = (volume: Volume, [x, y, z]: Vec3, outside: number): number =>
  resample(volume, { size: [1, 1, 1], indexToWorld: [1, 0, 0, x, 0, 1, 0, y, 0, 0, 1, z, 0, 0, 0, 1] }, { outside })
    .values[0];
