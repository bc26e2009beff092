import { fault } from "../../../core/errors.js";
import { corruptStream } from "./jpegStream.js";

/** The image of a JPEG 2000 code stream (ITU T.800, A.5.1). */
export interface Jpeg2000Header {
  /** The code stream alone, without the boxes of a JP2 file. */
  readonly stream: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly precision: number;
  readonly signed: boolean;
  /** Where each component's precision and sign lie in the stream. */
  readonly signBytes: readonly number[];
}

const SIZ = 0xff51;
const SOT = 0xff90;
const EOC = 0xffd9;

/** True for the start of a code stream or of a JP2 file. */
export const looksLikeJpeg2000 = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0x4f && bytes[2] === 0xff && bytes[3] === 0x51) || isJp2(bytes);

const isJp2 = (bytes: Uint8Array) =>
  bytes[3] === 12 && bytes[4] === 0x6a && bytes[5] === 0x50 && bytes[6] === 0x20 && bytes[7] === 0x20;

/**
 * The header of a code stream, and a check that its tile parts are all there: decoders fill what is missing with
 * zeros and say nothing.
 * @throws CORRUPT_FILE (`corrupt-stream`), TRUNCATED_FILE (`truncated`)
 */
export function readJpeg2000Header(bytes: Uint8Array): Jpeg2000Header {
  const stream = isJp2(bytes) ? codeStreamOf(bytes) : bytes;
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
  if (stream.length < 44 || !looksLikeJpeg2000(stream)) throw corruptStream("it does not start as a JPEG 2000 stream");
  const [right, bottom, left, top] = [8, 12, 16, 20].map((at) => view.getUint32(at));
  const components = view.getUint16(40);
  const signBytes = Array.from({ length: components }, (_, i) => 42 + 3 * i);
  if (!(right > left && bottom > top) || components === 0 || 42 + 3 * components > stream.length)
    throw corruptStream("its size marker is impossible");
  const tiles = [
    [right, view.getUint32(32), view.getUint32(24)],
    [bottom, view.getUint32(36), view.getUint32(28)],
  ].map(([end, start, length]) => Math.ceil((end - start) / length));
  if (!(tiles[0] * tiles[1] >= 1 && tiles[0] * tiles[1] <= 65535)) throw corruptStream("its tiles are impossible");
  if (signBytes.some((at) => stream[at] !== stream[42] || stream[at + 1] !== 1 || stream[at + 2] !== 1))
    throw corruptStream("its components differ in precision or size");
  checkTileParts(view);
  return {
    stream,
    rows: bottom - top,
    columns: right - left,
    components,
    precision: (stream[42] & 0x7f) + 1,
    signed: stream[42] > 0x7f,
    signBytes,
  };
}

function codeStreamOf(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at) || bytes.length - at;
    if (view.getUint32(at + 4) === 0x6a703263) return bytes.subarray(at + 8, at + length);
    if (length < 8) break;
    at += length;
  }
  throw corruptStream("its JP2 boxes hold no code stream");
}

/** The main header's segments, then the tile parts, each of a stated length (A.4.2), to the end marker. */
function checkTileParts(view: DataView): void {
  const truncated = () =>
    fault("TRUNCATED_FILE", "the JPEG 2000 stream ends before its last tile part does", {
      defect: "truncated",
    });
  const word = (at: number) => {
    if (at + 2 > view.byteLength) throw truncated();
    return view.getUint16(at);
  };
  if (word(2) !== SIZ) throw corruptStream("its size marker is missing");
  let at = 2;
  while (word(at) !== SOT) {
    if (word(at) < 0xff01) throw corruptStream("its main header is damaged");
    at += 2 + word(at + 2);
  }
  while (at < view.byteLength && word(at) === SOT) {
    if (at + 12 > view.byteLength) throw truncated();
    const length = view.getUint32(at + 6);
    // 0: this part runs to the end marker.
    if (length === 0) return;
    if (length < 14) throw corruptStream("a tile part is too short");
    if (at + length > view.byteLength) throw truncated();
    at += length;
  }
  // Some writers leave out the end marker; the parts before it are whole.
  if (at < view.byteLength && at + 2 <= view.byteLength && word(at) !== EOC)
    throw corruptStream("its tile parts are damaged");
}
