/** What the user is asked where an input holds several volumes. */
import type { DicomSeries } from "tomograd/io";
import type { OpenChoices } from "./protocol";

/** What an error about such an input tells. */
export interface Several {
  readonly series?: readonly DicomSeries[];
  readonly arrays?: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly defect?: string;
}

export function choicesOf({ series, arrays, defect }: Several): OpenChoices | undefined {
  if (series)
    return {
      of: "series",
      list: series.map((one) => {
        const text = `${one.modality} ${one.description || `series ${one.number ?? "?"}`}, ${one.problem ?? `${one.slices} ${one.slices === 1 ? "slice" : "slices"}`}`;
        return { text, readable: one.problem === undefined, change: { series: one.uid, name: text } };
      }),
    };
  if (defect !== "several-arrays" || !arrays) return undefined;
  return {
    of: "arrays",
    list: arrays.map(({ name, shape }) => ({
      text: `${name}, ${shape.join(" × ") || "no array"}`,
      readable: shape.length > 1,
      change: { dataset: name },
    })),
  };
}
