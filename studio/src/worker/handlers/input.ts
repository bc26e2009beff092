import charls from "@cornerstonejs/codec-charls/decodewasm?url";
import turbo from "@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasm?url";
import openjpeg from "@cornerstonejs/codec-openjpeg/decodewasm?url";
import openjph from "@cornerstonejs/codec-openjph/wasm?url";
import { type Inputs, locateCodecs, type ReadProgress, readVolume, type VolumeFile } from "tomograd/io";
import type { OpenRequest, OpenSource, PathFile } from "../protocol";
import type { Context } from "./types";

const CODECS: Readonly<Record<string, string>> = {
  "charlswasm_decode.wasm": charls,
  "libjpegturbowasm_decode.wasm": turbo,
  "openjpegwasm_decode.wasm": openjpeg,
  "openjphjs.wasm": openjph,
};
locateCodecs((file) => new URL(CODECS[file] ?? file, import.meta.url).href);

/** A file under its path in the folder, as a picked folder gives it; what is copied to a worker loses the path. */
const withPath = ({ path, file }: PathFile): File =>
  path === file.name ? file : Object.defineProperty(file, "webkitRelativePath", { value: path });

function inputsOf(source: OpenSource): Inputs {
  if (source.from === "address") return new URL(source.address);
  // one file is recognized by its content, several are a folder
  return source.files.length === 1 ? source.files[0].file : source.files.map(withPath);
}

/** Reads what the page was given. @throws what `readVolume` throws */
export const readRequested = (
  { source, series, dataset, frame, quantity }: OpenRequest,
  { signal, progress }: Pick<Context<"open">, "signal"> & { readonly progress: (progress: ReadProgress) => void },
): Promise<VolumeFile> =>
  readVolume(inputsOf(source), {
    signal,
    onProgress: progress,
    ...(series !== undefined && { series }),
    ...(dataset !== undefined && { dataset }),
    ...(frame !== undefined && { frame }),
    ...(quantity !== undefined && { quantity }),
  });
