import { fault, type TomogradError, type Warning } from "../../core/errors.js";
import { counted } from "../../core/words.js";
import type { SeriesFacts, Slice } from "./parseSlice.js";

/** One of the series that a folder or list holds. */
export interface DicomSeries {
  /** SeriesInstanceUID: what the option `series` takes, as it takes the place in the list. */
  readonly uid: string;
  readonly number?: number;
  readonly description: string;
  readonly modality: string;
  /** Slices; of a series that is none, files. */
  readonly slices: number;
  /** Why the series is no volume: a screenshot, a dose report, a radiograph. */
  readonly problem?: string;
}

/** A DICOM file that is no slice of a volume, and why. */
export interface Refused extends SeriesFacts {
  readonly name: string;
  readonly error: TomogradError;
}

/** What a folder or list holds. */
export interface Found {
  /** The folder, or words for the list. */
  readonly where: string;
  readonly slices: readonly Slice[];
  readonly refused: readonly Refused[];
  readonly warnings: readonly Warning[];
}

/** Slices by series, in the order in which the series were met; localizers only if there is nothing else. */
function bySeries(all: readonly Slice[]): Map<string, Slice[]> {
  const images = all.filter((slice) => !slice.localizer);
  const groups = new Map<string, Slice[]>();
  for (const slice of images.length > 0 ? images : all) {
    const group = groups.get(slice.series);
    if (group) group.push(slice);
    else groups.set(slice.series, [slice]);
  }
  return groups;
}

const isOther = ({ error }: Refused) => error.detail.defect === "not-an-image";
const isRadiograph = ({ error }: Refused) => error.detail.defect === "not-a-volume";

/** What is known of each series: first those that are volumes, then images that are none, with the reason. */
export function describeSeries({ slices, refused }: Found): DicomSeries[] {
  const described = new Map<string, DicomSeries>();
  const images = refused.filter((one) => !isOther(one));
  for (const [uid, [first, ...others]] of bySeries(slices)) described.set(uid, describe(first, 1 + others.length));
  for (const one of images) {
    if (described.has(one.series)) continue;
    const files = images.filter(({ series }) => series === one.series).length;
    described.set(one.series, { ...describe(one, files), problem: one.error.message });
  }
  return [...described.values()];
}

const describe = (facts: SeriesFacts, slices: number): DicomSeries => ({
  uid: facts.series,
  number: facts.seriesNumber,
  description: facts.seriesDescription,
  modality: facts.modality,
  slices,
});

/**
 * The slices of one series. What is left out beside it is said: localizers and images that are no slices (`mixed-series`),
 * X-ray images (`not-a-volume`), files without pixels (`not-an-image`).
 * @throws INVALID_ARGUMENT (`mixed-series`, with the list as `detail.series`) if there are several and none is chosen,
 * NOT_FOUND (`missing-series`, `no-slices`), and why the chosen one is no volume
 */
export function chooseSeries(
  found: Found,
  wanted: string | number | undefined,
): { slices: Slice[]; warnings: Warning[] } {
  const { refused } = found;
  const groups = bySeries(found.slices);
  const listed = describeSeries(found);
  if (wanted === undefined && groups.size === 0) throw nothing(found);
  const list = listed
    .map(
      (s, i) =>
        `${i}: ${s.uid} (${s.modality} ${s.description || `series ${s.number ?? "?"}`}, ${s.problem ?? counted(s.slices, "slice")})`,
    )
    .join("; ");
  if (wanted === undefined && groups.size > 1)
    throw fault("INVALID_ARGUMENT", `the input holds ${groups.size} series`, {
      defect: "mixed-series",
      hint: `choose one with 'series': ${list}`,
      series: listed,
    });
  const uid = typeof wanted === "number" ? listed[wanted]?.uid : (wanted ?? listed[0].uid);
  const slices = uid === undefined ? undefined : groups.get(uid);
  const inside = refused.filter(({ series }) => series === uid);
  // An image that cannot be read may be one of the slices.
  const broken = slices ? inside.find((one) => !isOther(one) && !isRadiograph(one)) : inside[0];
  if (broken) throw broken.error;
  if (!slices)
    throw fault("NOT_FOUND", `there is no series ${wanted}; there are ${list || "none"}`, {
      defect: "missing-series",
      series: listed,
    });
  return { slices, warnings: [...found.warnings, ...beside(found)] };
}

/** Why there is no volume at all. */
function nothing({ where, refused }: Found): TomogradError {
  const broken = refused.find((one) => !isOther(one) && !isRadiograph(one));
  if (broken) return broken.error;
  const radiographs = refused.filter(isRadiograph);
  return fault(
    "NOT_FOUND",
    radiographs.length > 0
      ? `${where} holds no CT series, but X-ray images: ${leftOut(radiographs)}`
      : `${where} holds no CT series (no DICOM images)`,
    {
      defect: "no-slices",
      hint:
        radiographs.length > 0 ? "readRadiograph and readImage read them" : "open a file of another format by itself",
    },
  );
}

/** What is left out beside the slices. */
function beside({ slices, refused }: Found): Warning[] {
  const warnings: Warning[] = [];
  const warn = (defect: string, message: string) => void warnings.push({ defect, message });
  const localizers = slices.filter(({ localizer }) => localizer).length;
  if (localizers > 0 && localizers < slices.length)
    warn("mixed-series", `${counted(localizers, "localizer image")} beside the slices left out`);
  const others = refused.filter(isOther);
  if (others.length > 0) warn("not-an-image", `DICOM files without pixels are left out: ${leftOut(others)}`);
  const radiographs = refused.filter(isRadiograph);
  if (radiographs.length > 0) warn("not-a-volume", `X-ray images are left out: ${leftOut(radiographs)}`);
  const rest = refused.filter((one) => !isOther(one) && !isRadiograph(one));
  if (rest.length > 0)
    warn("mixed-series", `images that are no slices are left out: ${leftOut(rest)} (${rest[0].error.message})`);
  return warnings;
}

/** Files in words: how many, and the names of the first. */
export const leftOut = (files: readonly { readonly name: string }[]): string =>
  `${counted(files.length, "file")}: ${files
    .slice(0, 5)
    .map(({ name }) => name)
    .join(", ")}`;
