import type { Vec3 } from "tomograd";
import { sliceVolume } from "tomograd/report";
import { gridCorners, spacing } from "tomograd/volume";
import { currentLabels } from "../labelMap";
import { shownVolume } from "../reconstructed";
import type { Handlers } from "./types";

export const sliceHandlers: Pick<Handlers, "slice"> = {
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
};
