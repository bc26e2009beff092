import { describe, expect, test } from "vitest";
import { isTomogradError } from "../../src/core/errors.js";
import { createRandom } from "../../src/core/random.js";
import { decodeFrame, type FrameShape } from "../../src/io/dicom/codecs/index.js";
import { decodeJpegDct } from "../../src/io/dicom/codecs/jpegDct.js";

const uid = (ending: string) => `1.2.840.10008.1.2.${ending}`;
const [RLE, JPEG, JPEG_LS, JPEG_2000] = [uid("5"), uid("4.57"), uid("4.80"), uid("4.90")];

const gray = (rows: number, columns: number, bitsAllocated: 8 | 16): FrameShape => ({
  rows,
  columns,
  samples: 1,
  bitsAllocated,
  bitsStored: bitsAllocated,
  signed: false,
  photometric: "MONOCHROME2",
});

/** Runs, a ramp that wraps, and noise: every predictor and run has something to do. */
function picture({ rows, columns, bitsStored }: FrameShape): Uint16Array {
  const random = createRandom(7);
  const top = 2 ** bitsStored;
  return Uint16Array.from({ length: rows * columns }, (_, i) => {
    const column = i % columns;
    if (column < 9) return top - 1;
    return column < 20 ? (i * 37) % top : Math.floor(random.uniform() * top);
  });
}

type Kind = "Rle" | "Jpeg" | "JpegLs" | "Jpeg2000" | "HtJpeg2000" | "JpegXl";

/** Encodes with the native codecs of dcmjs-codecs, which share no code with the decoders here but those of wasm. */
async function encode(
  kind: Kind,
  shape: FrameShape,
  values: Uint16Array,
  options: Record<string, unknown> = {},
): Promise<Uint8Array> {
  const { default: codecs } = (await import("dcmjs-codecs")) as unknown as { default: typeof import("dcmjs-codecs") };
  const { NativeCodecs, Context } = codecs;
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
  const context = new Context({
    width: shape.columns,
    height: shape.rows,
    bitsAllocated: shape.bitsAllocated,
    bitsStored: shape.bitsStored,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: shape.photometric,
    decodedBuffer: shape.bitsAllocated === 8 ? Uint8Array.from(values) : new Uint8Array(values.slice().buffer),
  });
  return Uint8Array.from(NativeCodecs[`encode${kind}`](context, options).getEncodedBuffer()!);
}

const refusal = async (decoding: Promise<unknown>) => {
  const error = await decoding.catch((thrown: unknown) => thrown);
  if (!isTomogradError(error)) throw new Error(`no refusal but ${error}`);
  return error;
};
const defectOf = async (decoding: Promise<unknown>) => (await refusal(decoding)).detail.defect;

const lossless: [string, Kind, string, Record<string, unknown>][] = [
  [RLE, "Rle", "RLE", {}],
  ...[1, 2, 3, 4, 5, 6, 7].map(
    (predictor) =>
      [JPEG, "Jpeg", `JPEG lossless, predictor ${predictor}`, { lossy: false, predictor }] as (typeof lossless)[number],
  ),
  [JPEG_LS, "JpegLs", "JPEG-LS", { lossy: false }],
  [JPEG_2000, "Jpeg2000", "JPEG 2000", { lossy: false }],
  [uid("4.201"), "HtJpeg2000", "HTJ2K", { lossy: false }],
  [uid("4.110"), "JpegXl", "JPEG XL", { lossy: false }],
];

describe("codecs", () => {
  for (const bits of [8, 16] as const)
    test.each(lossless)(
      `%s (%s, %s) returns a 31 x 45 image of ${bits} bits bit for bit`,
      async (...[syntax, kind, , options]) => {
        const shape = gray(31, 45, bits);
        const values = picture(shape);
        const decoded = await decodeFrame(syntax, await encode(kind, shape, values, options), shape);
        expect(Array.from(decoded)).toEqual(Array.from(values));
      },
    );

  test("the decoder for 12-bit JPEG agrees with libjpeg-turbo on 8 bits within 1, the rounding of its integers", async () => {
    const shape = gray(45, 61, 8);
    for (const quality of [30, 95]) {
      const stream = await encode("Jpeg", shape, picture(shape), { lossy: true, quality });
      const ours = decodeJpegDct(stream);
      const theirs = await decodeFrame(uid("4.50"), stream, shape);
      expect(Math.max(...Array.from(ours, (value, i) => Math.abs(value - theirs[i])))).toBeLessThanOrEqual(1);
    }
  });

  test("the frames of one codec do not share memory", async () => {
    const shape = gray(8, 8, 16);
    const black = await encode("JpegLs", shape, new Uint16Array(64), { lossy: false });
    const white = await encode("JpegLs", shape, new Uint16Array(64).fill(9), { lossy: false });
    const first = await decodeFrame(JPEG_LS, black, shape);
    await decodeFrame(JPEG_LS, white, shape);
    expect(Math.max(...first)).toBe(0);
  });

  test("a stream of another size than the file says is refused before it is decoded", async () => {
    for (const [syntax, kind, , options] of lossless.filter(([, kind]) => kind !== "Rle" && kind !== "JpegXl")) {
      const stream = await encode(kind, gray(8, 9, 16), new Uint16Array(72), options);
      expect(await defectOf(decodeFrame(syntax, stream, gray(9, 8, 16))), syntax).toBe("inconsistent-header");
    }
  });

  test("streams cut in half are refused, never filled up", async () => {
    const shape = gray(64, 64, 16);
    for (const [syntax, kind, , options] of lossless) {
      const stream = await encode(kind, shape, picture(shape), options);
      const defect = await defectOf(decodeFrame(syntax, stream.slice(0, stream.length >> 1), shape));
      expect(["corrupt-stream", "truncated"], syntax).toContain(defect);
    }
  });

  test("arithmetic coding and hierarchical JPEG are refused by name", async () => {
    const shape = gray(16, 16, 16);
    const stream = await encode("Jpeg", shape, picture(shape), { lossy: false, predictor: 1 });
    const frameHeader = stream.findIndex((byte, i) => byte === 0xff && stream[i + 1] === 0xc3);
    for (const [marker, words] of [
      [0xc9, /arithmetic/],
      [0xcb, /arithmetic/],
      [0xc5, /hierarchical/],
    ] as const) {
      const other = stream.slice();
      other[frameHeader + 1] = marker;
      const { code, message, detail } = await refusal(decodeFrame(JPEG, other, shape));
      expect([code, detail.defect]).toEqual(["UNSUPPORTED_FORMAT", "unsupported-transfer-syntax"]);
      expect(message).toMatch(words);
    }
  });

  test("100 bytes that claim to be 2 GiB are refused without the 2 GiB", async () => {
    for (const syntax of [RLE, JPEG, JPEG_LS, JPEG_2000])
      expect(await defectOf(decodeFrame(syntax, new Uint8Array(100), gray(32768, 32768, 16)))).toBe(
        "decompression-bomb",
      );
  });
});
