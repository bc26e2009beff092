import { fault, type Warning } from "../../core/errors.js";
import { counted } from "../../core/words.js";
import type { Slice } from "./parseSlice.js";

/** One of the series that a folder or list holds. */
export interface DicomSeries {
  /** SeriesInstanceUID: what the option `series` takes, as it takes the place in the list. */
  readonly uid: string;
  readonly number?: number;
  readonly description: string;
  readonly modality: string;
  readonly slices: number;
}

/** Slices by series, in the order in which the series were met; localizers only if there is nothing else. */
export function bySeries(all: readonly Slice[]): Map<string, Slice[]> {
  const images = all.filter((slice) => !slice.localizer);
  const groups = new Map<string, Slice[]>();
  for (const slice of images.length > 0 ? images : all) {
    const group = groups.get(slice.series);
    if (group) group.push(slice);
    else groups.set(slice.series, [slice]);
  }
  return groups;
}

/** What is known of each series. */
export const describeSeries = (groups: ReadonlyMap<string, readonly Slice[]>): DicomSeries[] =>
  [...groups].map(([uid, slices]) => ({
    uid,
    number: slices[0].seriesNumber,
    description: slices[0].seriesDescription,
    modality: slices[0].modality,
    slices: slices.length,
  }));

/**
 * The slices of one series. Localizers beside other images are left out with the warning `mixed-series`.
 * @throws INVALID_ARGUMENT (`mixed-series`, with the list as `detail.series`) if there are several and none is chosen
 */
export function chooseSeries(
  all: readonly Slice[],
  wanted: string | number | undefined,
): { slices: Slice[]; warnings: Warning[] } {
  const warnings: Warning[] = [];
  const images = all.filter((slice) => !slice.localizer);
  const localizers = all.length - images.length;
  if (images.length > 0 && localizers > 0)
    warnings.push({
      defect: "mixed-series",
      message: `${counted(localizers, "localizer image")} beside the slices left out`,
    });
  const groups = bySeries(all);
  const listed = describeSeries(groups);
  const list = listed
    .map(
      (s, i) =>
        `${i}: ${s.uid} (${s.modality} ${s.description || `series ${s.number ?? "?"}`}, ${counted(s.slices, "slice")})`,
    )
    .join("; ");
  if (wanted === undefined && groups.size > 1)
    throw fault("INVALID_ARGUMENT", `the input holds ${groups.size} series; choose one with 'series': ${list}`, {
      defect: "mixed-series",
      series: listed,
    });
  const uid = typeof wanted === "number" ? listed[wanted]?.uid : (wanted ?? listed[0].uid);
  const slices = uid === undefined ? undefined : groups.get(uid);
  if (!slices)
    throw fault("NOT_FOUND", `there is no series ${wanted}; there are ${list}`, {
      defect: "missing-series",
      series: listed,
    });
  return { slices, warnings };
}
