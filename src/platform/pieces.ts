import type { Pieces } from "./types.js";

/** Pieces as an iterable, whether one array or many. */
export const iteratePieces = (pieces: Pieces): Iterable<Uint8Array> | AsyncIterable<Uint8Array> =>
  pieces instanceof Uint8Array ? [pieces] : pieces;
