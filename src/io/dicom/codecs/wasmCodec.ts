/// <reference path="./codecModules.d.ts" />
import { corruptStream } from "./jpegStream.js";

/** Facts of a decoded frame as the codecs give them. */
export interface CodecFrameInfo {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned?: boolean;
}

/** A decoder object in the memory of a codec; it lives until `delete`. */
export interface CodecDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): CodecFrameInfo;
  getInterleaveMode?(): number;
  delete(): void;
}

/** An instance of a codec, with its one decoder class. */
export type CodecModule<Name extends string> = Readonly<Record<Name, new () => CodecDecoder>>;

/** Makes an instance; `print` and `printErr` take what the codec would print. */
export type CodecFactory<Name extends string> = (options: {
  locateFile?: (file: string) => string;
  print: (text: string) => void;
  printErr: (text: string) => void;
}) => Promise<CodecModule<Name>>;

/** A decoded frame: numbers in the order of the file, little endian, in memory of its own. */
export interface DecodedFrame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly info: CodecFrameInfo;
  /** JPEG-LS: 0 if the components lie one after the other. */
  readonly interleaveMode?: number;
}

let locateFile: ((file: string) => string) | undefined;

/**
 * Says where a browser finds the codecs' wasm files, e.g. `charlswasm_decode.wasm`: their address by their name. They are
 * in the `dist` folders of the packages @cornerstonejs/codec-charls, -openjpeg, -openjph and -libjpeg-turbo-8bit. Node
 * finds them by itself.
 * @example locateCodecs((file) => `/codecs/${file}`);
 */
export function locateCodecs(addressOf: (file: string) => string): void {
  locateFile = addressOf;
}

/**
 * A function that decodes frames with a codec. The codec is loaded when the first frame comes, and anew after a failure,
 * because a C++ exception leaves its memory as it was.
 */
export function wasmCodec<Name extends string>(
  load: () => Promise<{ readonly default: CodecFactory<Name> }>,
  name: Name,
): (encoded: Uint8Array) => Promise<DecodedFrame> {
  let loading: Promise<CodecModule<Name>> | undefined;
  // What it prints is about its own inside.
  const silent = () => undefined;
  const start = async () =>
    (await load()).default({ print: silent, printErr: silent, ...(locateFile && { locateFile }) });
  return async (encoded) => {
    loading ??= start();
    const module = await loading;
    let decoder: CodecDecoder | undefined;
    try {
      decoder = new module[name]();
      decoder.getEncodedBuffer(encoded.length).set(encoded);
      decoder.decode();
      const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo();
      return {
        // The codec's memory is used again by the next call.
        bytes: decoder.getDecodedBuffer().slice() as Uint8Array<ArrayBuffer>,
        info: { width, height, bitsPerSample, componentCount, isSigned },
        interleaveMode: decoder.getInterleaveMode?.(),
      };
    } catch {
      loading = undefined;
      decoder = undefined;
      throw corruptStream("its codec cannot decode it");
    } finally {
      decoder?.delete();
    }
  };
}
