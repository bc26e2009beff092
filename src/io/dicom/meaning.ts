import { fault, type Warning } from "../../core/errors.js";
import type { Quantity } from "../../volume/grid.js";
import type { Slice } from "./parseSlice.js";

const RESCALE_TAGS: Readonly<Record<string, string>> = {
  RescaleSlope: "(0028,1053)",
  RescaleIntercept: "(0028,1052)",
};

/** RescaleType of what tomograd writes. HU and US (unspecified) are DICOM's terms (PS3.3, C.11.1.1.2), which may be added to. */
export const rescaleTypes: Readonly<Record<Quantity, string>> = {
  hounsfield: "HU",
  attenuation: "1/MM",
  density: "DENSITY",
  label: "LABEL",
  unknown: "US",
};

/**
 * What the values of a series are: what tomograd wrote; HU if they are CT numbers with a rescale to no other unit; else
 * "unknown". Those of a localizer are no HU.
 * @throws CORRUPT_FILE (`missing-tag`) if some slices have a rescale and others none
 */
export function meaningOf(slices: readonly Slice[]): { quantity: Quantity; warnings: readonly Warning[] } {
  const [first] = slices;
  const { missingRescale: missing, quantity, rescaleType } = first;
  const odd = slices.find((slice) => slice.missingRescale !== missing);
  if (odd) {
    const lacking = odd.missingRescale ? odd : first;
    const keyword = lacking.missingRescale!;
    const other = lacking === odd ? first : odd;
    throw fault(
      "CORRUPT_FILE",
      `${lacking.name}: ${keyword} ${RESCALE_TAGS[keyword]} is missing, though ${other.name} of the same series has it`,
      { defect: "missing-tag", file: lacking.name, tag: RESCALE_TAGS[keyword] },
    );
  }
  if (quantity && slices.every((slice) => slice.quantity === quantity)) return { quantity, warnings: [] };
  const unit = slices.find((slice) => slice.rescaleType !== rescaleType) ? "several units" : rescaleType;
  const own = Object.entries(rescaleTypes).find(([, type]) => type === unit)?.[0] as Quantity | undefined;
  if (own && own !== "hounsfield" && own !== "unknown") return { quantity: own, warnings: [] };
  const ct = slices.every(({ modality, localizer }) => modality === "CT" && !localizer);
  const warnings: Warning[] = [];
  if (missing && (ct || missing === "RescaleIntercept"))
    warnings.push({
      defect: "missing-tag",
      message: `${missing} ${RESCALE_TAGS[missing]} is missing: the values are not known to be HU`,
    });
  else if (ct && unit && unit !== "HU")
    warnings.push({
      defect: "unknown-quantity",
      message: `RescaleType (0028,1054) is ${unit}: the values are not HU`,
    });
  return { quantity: ct && !missing && (!unit || unit === "HU") ? "hounsfield" : "unknown", warnings };
}
