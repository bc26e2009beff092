import { orientation, spacing } from "tomograd/volume";
import { attenuationOf, extent, meaningOf } from "../meaning";
import type { PatientFacts } from "../protocol";
import { setPatient } from "../session";
import { inPageWords } from "../words";
import { readRequested } from "./input";
import type { Handlers } from "./types";

export const openHandlers: Pick<Handlers, "open"> = {
  async open(asked, { signal, progress }) {
    const file = await readRequested(asked, { signal, progress });
    const { low, high, bad } = extent(file.values);
    const meaning = meaningOf(file.quantity, low);
    const volume = {
      quantity: meaning.quantity,
      grid: file.grid,
      values: bad > 0 ? finiteOnly(file.values) : file.values,
    };
    const notes = [...file.warnings, ...meaning.notes, ...attenuationOf(volume).notes];
    if (bad > 0)
      notes.push({ defect: "non-finite-values", message: `${bad} voxels are no numbers; they are taken for 0.` });
    const facts: PatientFacts = {
      name: asked.name,
      format: file.format,
      quantity: volume.quantity,
      grid: volume.grid,
      spacing: spacing(volume.grid),
      orientation: orientation(volume.grid),
      range: low <= high ? [low, high] : [0, 0],
      notes: notes.map(({ defect, message }) => ({ defect, message: inPageWords(message) })),
    };
    signal.throwIfAborted();
    await setPatient({ source: asked.source, facts, volume, attenuation: () => attenuationOf(volume).volume });
    return facts;
  },
};

const finiteOnly = (values: ArrayLike<number>): Float32Array =>
  Float32Array.from(values, (value) => (Number.isFinite(value) ? value : 0));
