/** What the emscripten builds of the codecs offer, as far as it is used. */
declare module "@cornerstonejs/codec-charls/decodewasmjs" {
  const create: import("./wasmCodec.js").CodecFactory<"JpegLSDecoder">;
  export default create;
}
declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  const create: import("./wasmCodec.js").CodecFactory<"J2KDecoder">;
  export default create;
}
declare module "@cornerstonejs/codec-openjph/wasmjs" {
  const create: import("./wasmCodec.js").CodecFactory<"HTJ2KDecoder">;
  export default create;
}
declare module "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs" {
  const create: import("./wasmCodec.js").CodecFactory<"JPEGDecoder">;
  export default create;
}
