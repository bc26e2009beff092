import type { DataSet } from "dicom-parser";
import { fault, isTomogradError, type TomogradError } from "../../core/errors.js";
import { ofFile } from "../ofFile.js";
import { bytesSource, type Source } from "../source.js";
import { isDecodable } from "./codecs/index.js";
import { dicomKind } from "./sniff.js";

/** A DICOM file whose header is read; the pixels stay in the file. */
export interface DicomFile {
  /** Where the data set's offsets count: the file, or what a deflated one inflates to. */
  readonly source: Source;
  readonly name: string;
  readonly syntax: string;
  /** All elements up to PixelData, that one included without its value. */
  readonly set: DataSet;
}

const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const DEFLATED = "1.2.840.10008.1.2.1.99";
/** Numbers with the highest byte first; retired, but in archives. */
export const BIG_ENDIAN = "1.2.840.10008.1.2.2";

/** Most headers fit; what does not is read whole. */
const HEAD_BYTES = 1 << 16;
/** Deflated bytes after the pixels that are still taken for padding. */
const MOST_TRAILING = 1 << 20;

/**
 * Reads the header of one file: 64 KiB, or the whole file if the header is longer.
 * @throws UNSUPPORTED_FORMAT, TRUNCATED_FILE, CORRUPT_FILE, each with `defect`
 */
export async function openDicom(source: Source, path?: string): Promise<DicomFile> {
  const name = path ?? source.name ?? "the file";
  if (source.size === 0) throw fault("CORRUPT_FILE", `${name} is empty`, { defect: "empty-file", file: name });
  const bytes = await source.read(0, Math.min(HEAD_BYTES, source.size));
  try {
    return await open(bytes, source, name);
  } catch (error) {
    if (bytes.length === source.size || !isTomogradError(error, "TRUNCATED_FILE")) throw error;
    return open(await source.read(0, source.size), source, name);
  }
}

async function open(bytes: Uint8Array, source: Source, name: string): Promise<DicomFile> {
  const { default: dicomParser } = await import("dicom-parser");
  const kind = dicomKind(bytes);
  if (!kind)
    throw fault("UNSUPPORTED_FORMAT", `${name} is not a DICOM file: neither DICM at byte 128 nor a bare data set`, {
      defect: "bad-magic",
      file: name,
    });
  const until = { untilTag: "x7fe00010" };
  try {
    if (kind !== "part10") {
      const syntax = kind === "implicit" ? IMPLICIT : EXPLICIT;
      return { source, name, syntax, set: dicomParser.parseDicom(bytes, { ...until, TransferSyntaxUID: syntax }) };
    }
    const meta = dicomParser.readPart10Header(bytes) as DataSet & { readonly position: number };
    const syntax = meta.string("x00020010") ?? IMPLICIT;
    // Before anything is parsed further.
    if (!isRead(syntax)) throw unsupportedSyntax(syntax, name);
    if (syntax !== DEFLATED) return { source, name, syntax, set: dicomParser.parseDicom(withoutOv(bytes), until) };
    const { inflated, set } = await openDeflated((await source.read(0, source.size)).subarray(meta.position), (head) =>
      dicomParser.parseDicom(head, { ...until, TransferSyntaxUID: EXPLICIT }),
    );
    return { source: bytesSource(inflated, source.name), name, syntax, set };
  } catch (thrown) {
    throw isTomogradError(thrown) ? ofFile(thrown, name) : parseFault(thrown, name);
  }
}

/** The extended offset tables, (7FE0,0001) and (7FE0,0002), with VR OV, and the VR of the same form that is known. */
const OV_TABLES = [1, 2].map((element) => [0xe0, 0x7f, element, 0, 0x4f, 0x56, 0, 0]);
const OB = [0x4f, 0x42];

/** dicom-parser takes OV, which is younger than it, for a VR with a short length: the tables get the VR OB. */
function withoutOv(bytes: Uint8Array): Uint8Array {
  let out = bytes;
  for (const table of OV_TABLES)
    for (let at = bytes.indexOf(0xe0); at >= 0; at = bytes.indexOf(0xe0, at + 1)) {
      if (table.some((byte, i) => bytes[at + i] !== byte)) continue;
      // The bytes may belong to the source.
      if (out === bytes) out = bytes.slice();
      out.set(OB, at + 4);
      break;
    }
  return out;
}

const isRead = (syntax: string) => [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED].includes(syntax) || isDecodable(syntax);

/** Inflates as much as the header needs, then as much as the pixels need, never what a small file may blow up to. */
async function openDeflated(
  deflated: Uint8Array,
  parse: (head: Uint8Array) => DataSet,
): Promise<{ inflated: Uint8Array; set: DataSet }> {
  const { inflateUpTo } = await import("./deflated.js");
  for (let limit = HEAD_BYTES; ; limit *= 4) {
    const head = inflateUpTo(deflated, limit);
    let set: DataSet;
    try {
      set = parse(head.bytes);
    } catch (error) {
      if (head.ended || head.bytes.length < limit) throw error;
      continue;
    }
    const pixels = set.elements.x7fe00010;
    const end = pixels ? pixels.dataOffset + pixels.length : head.bytes.length;
    if (head.ended) return { inflated: head.bytes, set };
    const { bytes, ended } = inflateUpTo(deflated, end + MOST_TRAILING);
    if (!ended && bytes.length > end)
      throw fault("CORRUPT_FILE", "the compressed data set goes on and on after its pixels", {
        defect: "decompression-bomb",
      });
    return { inflated: bytes, set: parse(bytes) };
  }
}

function parseFault(thrown: unknown, name: string): TomogradError {
  const cause = (thrown as { exception?: unknown }).exception ?? thrown;
  if (cause instanceof RangeError)
    return fault("CORRUPT_FILE", `${name}: its sequences are nested too deep`, {
      defect: "nesting-too-deep",
      file: name,
    });
  return fault(
    "TRUNCATED_FILE",
    `${name} ends inside its header, or its header is damaged`,
    { defect: "truncated", file: name },
    cause,
  );
}

/** Transfer syntaxes that no conversion to uncompressed pixels helps (PS3.6, table A-1), and what does. */
const OTHER_SYNTAXES: readonly (readonly [RegExp, what: string, hint: string])[] = [
  [/^1\.2\.840\.10008\.1\.2\.4\.10[0-8](\.1)?$/, "a video (MPEG)", "export it as single images"],
  [
    /^1\.2\.840\.10008\.1\.2\.4\.(9[45]|20[45])$/,
    "pixels that lie on a server (JPIP)",
    "fetch the image with its pixels",
  ],
];

function unsupportedSyntax(syntax: string, name: string): TomogradError {
  const [, what, hint] = OTHER_SYNTAXES.find(([uid]) => uid.test(syntax)) ?? [];
  const known = what ? `${what}, transfer syntax ${syntax},` : `transfer syntax ${syntax}`;
  return fault("UNSUPPORTED_FORMAT", `${name}: ${known} is not read`, {
    defect: "unsupported-transfer-syntax",
    transferSyntax: syntax,
    file: name,
    ...(hint && { hint }),
  });
}
