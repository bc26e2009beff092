import type { Vec3 } from "tomograd";
import { createGrid, gridCorners, indexToWorld, resample, spacing } from "tomograd/volume";
import { shownVolume } from "../reconstructed";
import type { Handlers } from "./types";

export const profileHandlers: Pick<Handlers, "profile"> = {
  async profile({ through, axis }) {
    const { volume } = shownVolume("reconstruction");
    const along = gridCorners(volume.grid).map((corner) => corner[axis]);
    const [low, high] = [Math.min(...along), Math.max(...along)];
    const step = Math.min(...spacing(volume.grid));
    const count = Math.max(2, Math.round((high - low) / step));
    const line = createGrid({
      size: [0, 1, 2].map((other) => (other === axis ? count : 1)) as unknown as Vec3,
      spacing: [step, step, step],
      center: through.map((value, other) => (other === axis ? (low + high) / 2 : value)) as unknown as Vec3,
    });
    const first = indexToWorld(line, [0, 0, 0])[axis];
    return {
      positions: Array.from({ length: count }, (_, i) => first + i * step),
      reconstruction: [...resample(volume, line, { interpolation: "linear" }).values],
      truth: [...resample(shownVolume("volume").volume, line, { interpolation: "linear" }).values],
    };
  },
};
