// Linear kernels work in chunks, one a task (lowerings.ts has the same size).

/** Bytes that one task of a linear kernel handles. */
export const CHUNK: usize = 262144;

// @ts-ignore: decorator
@inline
export function chunkStart(task: i32): usize {
  return CHUNK * <usize>task;
}

// @ts-ignore: decorator
@inline
export function chunkEnd(task: i32, bytes: usize): usize {
  return min(chunkStart(task) + CHUNK, bytes);
}
