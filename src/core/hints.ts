import type { ErrorCode } from "./errors.js";

const COPY = "copy or download it again, and compare its size with the original's";
const EXPORT = "export it again from the program that wrote it";

/**
 * What to do about a defect of a file, where its refusal does not know better (`detail.hint`). A clause that goes on after
 * the finding: lower case, no full stop.
 */
const HINTS: Readonly<Record<string, string>> = {
  "bad-dimension": EXPORT,
  "bad-header": `copy or download it again, or ${EXPORT}`,
  "bad-json": "mend that place in a text editor, or write the file again",
  "bad-magic": "is it the right file? Its content decides, not its name; convert other formats, e.g. to NIfTI",
  "bad-offset": EXPORT,
  "bad-rescale": `${EXPORT}, with a slope other than 0`,
  checksum: "bytes changed on the way: copy or download it again",
  "corrupt-stream": "bytes changed on the way: copy or download it again",
  "decompression-bomb": `do not trust it; ${EXPORT}`,
  "empty-file": COPY,
  "inconsistent-geometry": EXPORT,
  "inconsistent-header": EXPORT,
  "length-beyond-file": COPY,
  "missing-field": "write the file again with this field in its header",
  "missing-tag": "export it again with this tag, which converters and anonymizers may leave out",
  "negative-spacing": EXPORT,
  "nesting-too-deep": `do not trust it; ${EXPORT}`,
  "non-finite-affine": `${EXPORT}, with numbers for the place and size of its voxels`,
  "not-an-image": "open the files that hold the images",
  "path-outside-folder": "move the data beside the header and name it so",
  "singular-affine": `${EXPORT}, with axes that span a volume`,
  truncated: COPY,
  "unknown-space": "write its space as RAS, LAS or LPS",
  "unsupported-color": "save it as gray or RGB",
  "unsupported-compression": "save it uncompressed",
  "unsupported-encoding": "save it with the encoding raw or gzip",
  "unsupported-transfer-syntax": "convert it to an uncompressed one, e.g. with dcmdjpeg or gdcmconv --raw",
  "unsupported-type": "save it with one real number a voxel, as int16 or float32",
  "zero-spacing": `${EXPORT}, with the size of its voxels`,
};

/** The codes that speak of a file's content; in other families the same defect may be an argument's. */
const OF_FILES: readonly ErrorCode[] = ["CORRUPT_FILE", "TRUNCATED_FILE", "UNSUPPORTED_FORMAT"];

/** What to do about a defect; undefined where only the refusal itself can say. */
export const hintOf = (code: ErrorCode, defect: string | undefined): string | undefined =>
  OF_FILES.includes(code) && defect !== undefined && Object.hasOwn(HINTS, defect) ? HINTS[defect] : undefined;

/** A finding with what to do about it. */
export const withHint = (finding: string, hint: string): string =>
  /[?.]$/.test(finding) ? `${finding} ${hint[0].toUpperCase()}${hint.slice(1)}` : `${finding}; ${hint}`;
