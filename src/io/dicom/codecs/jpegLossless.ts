import { createBitReader } from "./jpegBits.js";
import { corruptStream, unsupportedStream } from "./jpegStream.js";
import { type JpegScan, walkJpeg } from "./jpegTables.js";

/**
 * Decodes a Huffman-coded lossless JPEG (ITU T.81, Annex H): 2 to 16 bits, predictors 1 to 7, point transform, restarts;
 * several components side by side, [row][column][component].
 * @throws CORRUPT_FILE (`corrupt-stream`), UNSUPPORTED_FORMAT (`unsupported-transfer-syntax`)
 */
export function decodeJpegLossless(bytes: Uint8Array): Uint16Array {
  let out: Uint16Array | undefined;
  walkJpeg(bytes, (scan) => {
    const { frame } = scan;
    if (frame.marker >= 0xc9) throw unsupportedStream("JPEG with arithmetic coding");
    if (frame.marker !== 0xc3) throw corruptStream("a lossy JPEG stream where a lossless one must be");
    if (frame.components.some(({ horizontal, vertical }) => horizontal !== 1 || vertical !== 1))
      throw unsupportedStream("lossless JPEG with subsampled components");
    out ??= new Uint16Array(frame.rows * frame.columns * frame.components.length);
    return decodeScan(bytes, scan, out);
  });
  return out!;
}

function decodeScan(bytes: Uint8Array, scan: JpegScan, out: Uint16Array): number {
  const { frame, first: predictor, low: transform, components, restartInterval } = scan;
  const { rows, columns, precision } = frame;
  if (predictor < 1 || predictor > 7 || transform >= precision) throw corruptStream("a scan header is out of range");
  if (components.some(({ dc }) => !dc)) throw corruptStream("a scan uses a Huffman table that is not there");
  if (restartInterval % columns !== 0) throw corruptStream("restarts within a row are not allowed");
  const reader = createBitReader(bytes, scan.start);
  const samples = frame.components.length;
  const stride = columns * samples;
  const initial = 1 << (precision - transform - 1);
  /** The row whose first sample starts anew. */
  let firstRow = 0;
  for (let row = 0; row < rows; row++) {
    if (restartInterval > 0 && row > 0 && (row * columns) % restartInterval === 0) {
      reader.restart();
      firstRow = row;
    }
    for (let column = 0; column < columns; column++)
      for (const { index, dc } of components) {
        const at = row * stride + column * samples + index;
        let prediction: number;
        if (row === firstRow) prediction = column === 0 ? initial : out[at - samples];
        else if (column === 0) prediction = out[at - stride];
        else prediction = predict(predictor, out[at - samples], out[at - stride], out[at - stride - samples]);
        const size = reader.symbol(dc!);
        if (size > 16) throw corruptStream("a difference has more than 16 bits");
        // Category 16 is the one difference 32768, without further bits (H.1.2.2).
        out[at] = prediction + (size === 16 ? 32768 : reader.difference(size));
      }
  }
  if (transform > 0)
    for (const { index } of components) for (let i = index; i < out.length; i += samples) out[i] <<= transform;
  return reader.position();
}

/** The prediction from the neighbors left (a), above (b) and above left (c) (table H.1). */
function predict(predictor: number, a: number, b: number, c: number): number {
  switch (predictor) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return c;
    case 4:
      return a + b - c;
    case 5:
      return a + ((b - c) >> 1);
    case 6:
      return b + ((a - c) >> 1);
    default:
      return (a + b) >> 1;
  }
}
