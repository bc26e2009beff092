/** Enough to see what is DICOM, bytes. */
export const DICOM_HEAD = 132;

/** Whether the first bytes of a file are those of a DICOM file: with the preamble, or a bare data set. */
export function dicomKind(head: Uint8Array): "part10" | "implicit" | "explicit" | undefined {
  const word = (at: number, length: number) => String.fromCharCode(...head.subarray(at, at + length));
  if (head.length >= 132 && word(128, 4) === "DICM") return "part10";
  if (head.length < 8 || head[0] !== 8 || head[1] !== 0 || head[3] !== 0) return undefined;
  return /^[A-Z]{2}$/.test(word(4, 2)) ? "explicit" : "implicit";
}
