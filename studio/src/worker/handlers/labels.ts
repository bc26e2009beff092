import { resample } from "tomograd/volume";
import { currentPatient, setLabels } from "../session";
import { readRequested } from "./input";
import type { Handlers } from "./types";

/** More labels than this have colors that nobody can tell apart. */
const MOST_LISTED = 64;

export const labelHandlers: Pick<Handlers, "openLabels" | "closeLabels"> = {
  async openLabels(asked, { signal, progress }) {
    const { volume } = currentPatient();
    const file = await readRequested({ ...asked, quantity: "label" }, { signal, progress });
    const labels = resample({ quantity: "label" as const, grid: file.grid, values: file.values }, volume.grid, {
      interpolation: "nearest",
    });
    const found = new Set<number>();
    for (const value of labels.values) if (value !== 0 && found.size < MOST_LISTED) found.add(value);
    signal.throwIfAborted();
    setLabels(labels);
    return {
      name: asked.name,
      labels: [...found].sort((a, b) => a - b),
      notes: file.warnings.map(({ defect, message }) => ({ defect, message })),
    };
  },

  async closeLabels() {
    setLabels(undefined);
    return undefined;
  },
};
