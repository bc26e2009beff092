// Whole allocations: zeros, copies, and the padding around elements (layout.ts).

import { clear, move } from "./bulk";
import { chunkEnd, chunkStart } from "./chunks";

/** args: address, bytes (a multiple of 16). */
export function zero(task: i32, args: usize): void {
  const address = <usize>load<f64>(args);
  const start = chunkStart(task);
  clear(address + start, chunkEnd(task, <usize>load<f64>(args, 8)) - start);
}

/**
 * Has the system back fresh memory with pages, in one task: where threads do that at the same time for the same memory
 * it can take ten times as long (430 ms instead of 50 ms for 141 MB on a virtual machine with 2 cores).
 * args: address, bytes.
 */
export function touch(_task: i32, args: usize): void {
  const address = <usize>load<f64>(args);
  const end = address + <usize>load<f64>(args, 8);
  for (let p = address; p < end; p += 4096) store<i32>(p, 0);
}

/** args: destination, source, bytes. */
export function copy(task: i32, args: usize): void {
  const start = chunkStart(task);
  const bytes = chunkEnd(task, <usize>load<f64>(args, 16)) - start;
  move(<usize>load<f64>(args) + start, <usize>load<f64>(args, 8) + start, bytes);
}

/**
 * Zeros all but the elements, one plane a task.
 * args: address, planes, first and end plane with elements, lines a plane, first and end line with elements,
 * bytes a line, first and end byte with elements, bytes in all.
 */
export function clearPadding(task: i32, args: usize): void {
  const address = <usize>load<f64>(args);
  const planes = <i32>load<f64>(args, 8);
  const lines = <i32>load<f64>(args, 32);
  const lineBytes = <usize>load<f64>(args, 56);
  const front = <usize>load<f64>(args, 64);
  const back = <usize>load<f64>(args, 72);
  const planeBytes = lineBytes * <usize>lines;
  const plane = address + <usize>task * planeBytes;
  if (task < <i32>load<f64>(args, 16) || task >= <i32>load<f64>(args, 24)) clear(plane, planeBytes);
  else {
    const firstLine = <i32>load<f64>(args, 40);
    const endLine = <i32>load<f64>(args, 48);
    clear(plane, <usize>firstLine * lineBytes);
    clear(plane + <usize>endLine * lineBytes, <usize>(lines - endLine) * lineBytes);
    for (let line = firstLine; line < endLine; line++) {
      const p = plane + <usize>line * lineBytes;
      for (let q = p; q < p + front; q += 4) store<f32>(q, 0);
      for (let q = p + back; q < p + lineBytes; q += 4) store<f32>(q, 0);
    }
  }
  const used = <usize>planes * planeBytes;
  if (task == planes - 1) clear(address + used, <usize>load<f64>(args, 80) - used);
}
