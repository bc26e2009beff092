import type { DataElement } from "./dataSet.js";

/** Whose image it is, and to what it belongs. Fields that are not given stay empty or are made from the content. */
export interface DicomIdentity {
  /** FAMILY^GIVEN */
  readonly patientName?: string;
  readonly patientId?: string;
  /** Of the study that the images are added to. @default a new one */
  readonly studyInstanceUid?: string;
  /** Of the scan in whose coordinates the affine is. @default a new one */
  readonly frameOfReferenceUid?: string;
  readonly seriesDescription?: string;
}

export const identityOptionNames = [
  "patientName",
  "patientId",
  "studyInstanceUid",
  "frameOfReferenceUid",
  "seriesDescription",
] as const;

/** The elements of patient, study, series, equipment and frame of reference; no date and no time, so that equal images are equal files. */
export function identityElements(
  identity: DicomIdentity,
  made: {
    readonly study: string;
    readonly series: string;
    readonly frameOfReference: string;
    readonly modality: string;
  },
): DataElement[] {
  return [
    [0x00080005, "CS", "ISO_IR 192"],
    [0x00080020, "DA", ""],
    [0x00080030, "TM", ""],
    [0x00080050, "SH", ""],
    [0x00080060, "CS", made.modality],
    [0x00080070, "LO", "tomograd"],
    [0x00080090, "PN", ""],
    [0x0008103e, "LO", identity.seriesDescription ?? "tomograd"],
    [0x00100010, "PN", identity.patientName ?? ""],
    [0x00100020, "LO", identity.patientId ?? ""],
    [0x00100030, "DA", ""],
    [0x00100040, "CS", ""],
    [0x0020000d, "UI", identity.studyInstanceUid ?? made.study],
    [0x0020000e, "UI", made.series],
    [0x00200010, "SH", ""],
    [0x00200011, "IS", "1"],
    [0x00200052, "UI", identity.frameOfReferenceUid ?? made.frameOfReference],
    [0x00201040, "LO", ""],
  ];
}
