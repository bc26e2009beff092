import { fault } from "../../../core/errors.js";

/** Tag (0x00280010), value representation and value: text, whole numbers (US, SS, UL by their VR), or bytes (OB, OW). */
export type DataElement = readonly [tag: number, vr: string, value: string | readonly number[] | Uint8Array];

const PREAMBLE = 128;
const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
/** Names this writer; a UUID below the root 2.25 (PS3.5, B.2), made once for tomograd. */
export const IMPLEMENTATION_UID = "2.25.208341907336518213480577165318473095401";
export const IMPLEMENTATION = "TOMOGRAD";
/** Value representations with four bytes of length (PS3.5, 7.1.2). */
const LONG = ["OB", "OW", "SQ", "UN", "UT"];
const TEXT = new TextEncoder();

/**
 * The bytes of a DICOM file (PS3.10) in explicit VR, little endian; elements in any order.
 * @throws INVALID_ARGUMENT (`text-too-long`) for text that its VR cannot hold
 */
export function part10(
  sopClass: string,
  sopInstance: string,
  elements: readonly DataElement[],
): Uint8Array<ArrayBuffer> {
  const meta = encode([
    [0x00020001, "OB", Uint8Array.of(0, 1)],
    [0x00020002, "UI", sopClass],
    [0x00020003, "UI", sopInstance],
    [0x00020010, "UI", EXPLICIT_LITTLE_ENDIAN],
    [0x00020012, "UI", IMPLEMENTATION_UID],
    [0x00020013, "SH", IMPLEMENTATION],
  ]);
  const length = encode([[0x00020000, "UL", [meta.length]]]);
  const body = encode([...elements, [0x00080016, "UI", sopClass], [0x00080018, "UI", sopInstance]]);
  const file = new Uint8Array(PREAMBLE + 4 + length.length + meta.length + body.length);
  file.set(TEXT.encode("DICM"), PREAMBLE);
  file.set(length, PREAMBLE + 4);
  file.set(meta, PREAMBLE + 4 + length.length);
  file.set(body, PREAMBLE + 4 + length.length + meta.length);
  return file;
}

function encode(elements: readonly DataElement[]): Uint8Array {
  const sorted = [...elements]
    .sort(([a], [b]) => a - b)
    .map(([tag, vr, value]) => ({ tag, vr, bytes: valueBytes(vr, value) }));
  const out = new Uint8Array(sorted.reduce((sum, { vr, bytes }) => sum + header(vr) + bytes.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { tag, vr, bytes } of sorted) {
    view.setUint16(at, tag >>> 16, true);
    view.setUint16(at + 2, tag & 0xffff, true);
    out.set(TEXT.encode(vr), at + 4);
    if (LONG.includes(vr)) view.setUint32(at + 8, bytes.length, true);
    else view.setUint16(at + 6, bytes.length, true);
    out.set(bytes, at + header(vr));
    at += header(vr) + bytes.length;
  }
  return out;
}

const header = (vr: string) => (LONG.includes(vr) ? 12 : 8);

/** The most characters of one value (PS3.5, 6.2). */
const LONGEST: Readonly<Record<string, number>> = { CS: 16, DS: 16, IS: 12, LO: 64, PN: 64, SH: 16, ST: 1024, UI: 64 };

function valueBytes(vr: string, value: DataElement[2]): Uint8Array {
  if (value instanceof Uint8Array) return even(value, 0);
  if (typeof value === "string") {
    const values = vr === "ST" ? [value] : value.split("\\");
    const long = values.find((one) => one.length > (LONGEST[vr] ?? Number.POSITIVE_INFINITY));
    if (long !== undefined)
      throw fault("INVALID_ARGUMENT", `'${long}' is too long: DICOM has ${LONGEST[vr]} characters for it (${vr})`, {
        defect: "text-too-long",
      });
    return even(TEXT.encode(value), vr === "UI" ? 0 : 0x20);
  }
  const width = vr === "UL" ? 4 : 2;
  const view = new DataView(new ArrayBuffer(width * value.length));
  value.forEach((number, i) => {
    if (width === 4) view.setUint32(4 * i, number, true);
    else view.setUint16(2 * i, number, true);
  });
  return new Uint8Array(view.buffer);
}

function even(bytes: Uint8Array, padding: number): Uint8Array {
  if (bytes.length % 2 === 0) return bytes;
  const out = new Uint8Array(bytes.length + 1).fill(padding);
  out.set(bytes);
  return out;
}

/** A number as a decimal string of at most 16 characters with as many digits as fit. @throws NOT_FINITE */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) throw fault("NOT_FINITE", `DICOM cannot hold ${value}`, { defect: "non-finite-values" });
  const exact = String(value);
  if (exact.length <= 16) return exact;
  for (let digits = 15; digits > 0; digits--) {
    for (const text of [String(Number(value.toPrecision(digits))), value.toExponential(digits - 1)])
      if (text.length <= 16) return text;
  }
  return "0";
}

/** What is smaller than this is rounding: a cosine or mm. */
const NOTHING = 1e-12;

/** Cosines or mm as decimal strings. @throws NOT_FINITE */
export const decimals = (values: readonly number[]): string =>
  values.map((value) => decimal(Math.abs(value) < NOTHING ? 0 : value)).join("\\");

/** A unique identifier from a hash: its first 128 bits as a decimal number below 2.25 (PS3.5, B.2). */
export function uidOfHash(hash: Uint8Array): string {
  const bytes = hash.slice(0, 16);
  // The bits of a UUID that say how it was made: version 8, by a rule of one's own (RFC 9562).
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return `2.25.${bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n)}`;
}

/** SHA-256 of several arrays one after another. */
export async function hashOf(...parts: readonly (Uint8Array | string)[]): Promise<Uint8Array> {
  const bytes = parts.map((part) => (typeof part === "string" ? TEXT.encode(part) : part));
  const all = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
}
