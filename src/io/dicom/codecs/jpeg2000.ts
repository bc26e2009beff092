import type { Jpeg2000Header } from "./jpeg2000Header.js";
import { type DecodedFrame, wasmCodec } from "./wasmCodec.js";

const decode = wasmCodec(() => import("@cornerstonejs/codec-openjpeg/decodewasmjs"), "J2KDecoder");

/** Decodes JPEG 2000 with OpenJPEG. @throws CORRUPT_FILE (`corrupt-stream`) */
export const decodeJpeg2000 = ({ stream }: Jpeg2000Header): Promise<DecodedFrame> => decode(stream);
