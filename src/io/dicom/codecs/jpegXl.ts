import { fault } from "../../../core/errors.js";
import { corruptStream } from "./jpegStream.js";

/** What the codec must know of an image. */
export interface JpegXlImage {
  readonly rows: number;
  readonly columns: number;
  readonly samples: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly signed: boolean;
  readonly photometric: string;
}

/**
 * Decodes JPEG XL with the optional peer dependency dcmjs-codecs: numbers of `bitsAllocated`, little endian.
 * @throws UNSUPPORTED_FORMAT (`missing-codec`) if it is not installed, CORRUPT_FILE (`corrupt-stream`)
 */
export async function decodeJpegXl(encoded: Uint8Array, image: JpegXlImage): Promise<Uint8Array<ArrayBuffer>> {
  const codecs = await import("dcmjs-codecs").catch((error: unknown) => {
    throw fault(
      "UNSUPPORTED_FORMAT",
      "JPEG XL is decoded by the optional package dcmjs-codecs, which is not installed",
      { defect: "missing-codec", package: "dcmjs-codecs", hint: "npm install dcmjs-codecs" },
      error,
    );
  });
  // A CommonJS bundle: its names may lie under `default` alone.
  const { NativeCodecs, Context } = "NativeCodecs" in codecs ? codecs : (codecs as { default: typeof codecs }).default;
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync();
  try {
    const decoded = NativeCodecs.decodeJpegXl(
      new Context({
        width: image.columns,
        height: image.rows,
        samplesPerPixel: image.samples,
        bitsAllocated: image.bitsAllocated,
        bitsStored: image.bitsStored,
        pixelRepresentation: image.signed ? 1 : 0,
        planarConfiguration: 0,
        photometricInterpretation: image.photometric,
        encodedBuffer: encoded,
      }),
    );
    return Uint8Array.from(decoded.getDecodedBuffer()!);
  } catch (error) {
    throw corruptStream(`JPEG XL: ${error instanceof Error ? error.message : String(error)}`);
  }
}
