import { type DecodedFrame, wasmCodec } from "./wasmCodec.js";

const decode = wasmCodec(() => import("@cornerstonejs/codec-charls/decodewasmjs"), "JpegLSDecoder");

/** Decodes JPEG-LS, lossless or near-lossless, with CharLS. @throws CORRUPT_FILE (`corrupt-stream`) */
export const decodeJpegLs = (bytes: Uint8Array): Promise<DecodedFrame> => decode(bytes);
