import { fault, type TomogradError } from "../../../core/errors.js";

/** The error for a stream that contradicts itself. */
export const corruptStream = (why: string): TomogradError =>
  fault("CORRUPT_FILE", `the compressed image is damaged: ${why}`, { defect: "corrupt-stream" });

/** The error for a well-formed stream that is not read. */
export const unsupportedStream = (what: string): TomogradError =>
  fault("UNSUPPORTED_FORMAT", `${what} is not read`, {
    defect: "unsupported-transfer-syntax",
  });

/** One component of a JPEG frame (ITU T.81, B.2.2). */
export interface JpegComponent {
  readonly id: number;
  readonly horizontal: number;
  readonly vertical: number;
  readonly quantization: number;
}

/** The frame header of a JPEG or JPEG-LS stream. */
export interface JpegFrame {
  /** Its marker: 0xc0 baseline, c1 extended, c2 progressive, c3 lossless, c9 to cf arithmetic, f7 JPEG-LS. */
  readonly marker: number;
  readonly precision: number;
  readonly rows: number;
  readonly columns: number;
  readonly components: readonly JpegComponent[];
}

/** A marker segment: the marker's second byte and where its parameters lie. */
export interface JpegSegment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

const SOI = 0xd8;
const EOI = 0xd9;
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** True for the start of a JPEG or JPEG-LS stream. */
export const looksLikeJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === SOI;

/**
 * The next marker segment from `at` on; bytes before the marker (fill bytes, what is left of a scan) are passed over.
 * @throws CORRUPT_FILE (`corrupt-stream`) if there is none
 */
export function nextSegment(bytes: Uint8Array, at: number): JpegSegment {
  for (let i = at; i + 1 < bytes.length; i++) {
    const marker = bytes[i + 1];
    if (bytes[i] !== 0xff || marker === 0 || marker === 0xff || isRestart(marker)) continue;
    if (marker === SOI || marker === EOI) return { marker, start: i + 2, end: i + 2 };
    const end = i + 2 + ((bytes[i + 2] << 8) | bytes[i + 3]);
    if (!(end <= bytes.length) || end < i + 4) throw corruptStream("a marker segment reaches beyond its end");
    return { marker, start: i + 4, end };
  }
  throw corruptStream("it ends without an end marker");
}

const isFrameHeader = (marker: number) =>
  marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc);

/** A frame header from its segment; undefined if the segment is another. */
export function frameOf(bytes: Uint8Array, { marker, start, end }: JpegSegment): JpegFrame | undefined {
  if (!isFrameHeader(marker)) return undefined;
  const count = bytes[start + 5];
  if (end - start < 6 + 3 * count || count === 0) throw corruptStream("its frame header is too short");
  return {
    marker,
    precision: bytes[start],
    rows: (bytes[start + 1] << 8) | bytes[start + 2],
    columns: (bytes[start + 3] << 8) | bytes[start + 4],
    components: Array.from({ length: count }, (_, i) => {
      const at = start + 6 + 3 * i;
      return {
        id: bytes[at],
        horizontal: bytes[at + 1] >> 4,
        vertical: bytes[at + 1] & 15,
        quantization: bytes[at + 2],
      };
    }),
  };
}

/** The frame header of a stream, without decoding it. @throws CORRUPT_FILE (`corrupt-stream`) */
export function readJpegFrame(bytes: Uint8Array): JpegFrame {
  if (!looksLikeJpeg(bytes)) throw corruptStream("it does not start as a JPEG stream");
  for (let at = 2; ; ) {
    const segment = nextSegment(bytes, at);
    const frame = frameOf(bytes, segment);
    if (frame) return frame;
    if (segment.marker === EOI || segment.marker === 0xda) throw corruptStream("it has no frame header");
    at = segment.end;
  }
}
