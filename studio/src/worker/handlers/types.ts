import type { CallKind, Payload, Progress, Result } from "../protocol";

/** What a handler has besides its payload. */
export interface Context<K extends CallKind> {
  /** Aborted when the page cancels the call. */
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress<K>) => void;
  /** Marks an array of the result as moved to the page, not copied. */
  readonly move: <A extends ArrayBufferView<ArrayBuffer>>(array: A) => A;
}

/** One function for every kind of call. */
export type Handlers = {
  readonly [K in CallKind]: (payload: Payload<K>, context: Context<K>) => Promise<Result<K>>;
};
