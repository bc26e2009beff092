/** Records commands in call order and submits them in batches. */
import { type BufferPool, type Slot, USAGE } from "./bufferPool.js";
import type { DeviceFaults } from "./faults.js";
import { type Bound, createPipelines, type NumberType, type Shader } from "./shader.js";

/** Workgroups in x, y and z. */
export type Groups = readonly [x: number, y?: number, z?: number];

export interface Recorder {
  /** Number of the batch that is being recorded, from 1. */
  readonly batch: number;
  /**
   * `share`: of what takes a small GPU a tenth of a second. More than 1 of it is not recorded into one batch, since some
   * drivers limit the time of a submission.
   */
  dispatch<N extends string, B extends string>(
    shader: Shader<N, B>,
    bound: Bound<N, B>,
    groups: Groups,
    share: number,
  ): void;
  /** Offsets and bytes are multiples of 4. */
  copy(from: Slot, fromOffset: number, to: Slot, toOffset: number, bytes: number): void;
  clear(slot: Slot): void;
  /** Writes from the host; `slot` must be one that no command of the open batch names. */
  write(slot: Slot, values: ArrayBufferView<ArrayBuffer>): void;
  /** Submits what is recorded. */
  flush(): void;
  /** No timer will fire any more. */
  close(): void;
}

/** Bytes between the settings of two dispatches: `minUniformBufferOffsetAlignment` is at most this everywhere. */
const SETTINGS_BYTES = 256;
/** Dispatches of a batch: enough to make submission cheap, few enough that the device starts early. */
const MOST_DISPATCHES = 128;
/** Recorded work waits this long for more, ms. */
const PATIENCE = 2;
/** Of `maxComputeWorkgroupsPerDimension`. */
const MOST_GROUPS = 65535;

/** `count` workgroups as a grid that keeps to the limit of 65,535 in each direction; a few too many where it is 2-D. */
export function linearGroups(count: number): Groups {
  const y = Math.ceil(count / MOST_GROUPS);
  return [Math.ceil(count / y), y];
}

function writeSettings(view: DataView, at: number, types: { readonly [name: string]: NumberType }, values: object) {
  const numbers = values as { readonly [name: string]: number };
  Object.entries(types).forEach(([name, type], i) => {
    if (type === "f32") view.setFloat32(at + 4 * i, numbers[name], true);
    else if (type === "u32") view.setUint32(at + 4 * i, numbers[name], true);
    else view.setInt32(at + 4 * i, numbers[name], true);
  });
}

export function createRecorder(device: GPUDevice, pool: BufferPool, faults: DeviceFaults): Recorder {
  const pipelineOf = createPipelines(device);
  const settings = new DataView(new ArrayBuffer(SETTINGS_BYTES * MOST_DISPATCHES));
  const uniforms = device.createBuffer({
    label: "settings",
    size: settings.byteLength,
    usage: USAGE.uniform | USAGE.copyTarget,
  });
  let batch = 1;
  let encoder: GPUCommandEncoder | undefined;
  let pass: GPUComputePassEncoder | undefined;
  let dispatches = 0;
  let work = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const touch = (slot: Slot) => {
    slot.batch = batch;
  };
  const commands = () => {
    encoder ??= device.createCommandEncoder();
    timer ??= setTimeout(flush, PATIENCE);
    return encoder;
  };
  const outsidePass = () => {
    pass?.end();
    pass = undefined;
    return commands();
  };
  const stopTimer = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const flush = () => {
    stopTimer();
    if (encoder) {
      pass?.end();
      pass = undefined;
      const commandBuffer = encoder.finish();
      if (dispatches > 0) device.queue.writeBuffer(uniforms, 0, settings.buffer, 0, dispatches * SETTINGS_BYTES);
      device.queue.submit([commandBuffer]);
      encoder = undefined;
      dispatches = 0;
      work = 0;
      batch++;
    }
    faults.rotate();
    pool.trim(batch);
  };

  return {
    get batch() {
      return batch;
    },
    dispatch(shader, bound, [x, y = 1, z = 1], share) {
      if (dispatches === MOST_DISPATCHES || (dispatches > 0 && work + share > 1)) flush();
      work += share;
      const { pipeline, layout } = pipelineOf(shader);
      const at = SETTINGS_BYTES * dispatches++;
      writeSettings(settings, at, shader.settings, bound.settings);
      const slots = Object.keys(shader.buffers).map((name) => bound.slots[name as keyof typeof bound.slots]);
      slots.forEach(touch);
      pass ??= commands().beginComputePass();
      pass.setPipeline(pipeline);
      const group = device.createBindGroup({
        layout,
        entries: [
          { binding: 0, resource: { buffer: uniforms, size: SETTINGS_BYTES } },
          ...slots.map(({ buffer }, i) => ({ binding: i + 1, resource: { buffer } })),
        ],
      });
      pass.setBindGroup(0, group, [at]);
      pass.dispatchWorkgroups(x, y, z);
    },
    copy(from, fromOffset, to, toOffset, bytes) {
      touch(from);
      touch(to);
      outsidePass().copyBufferToBuffer(from.buffer, fromOffset, to.buffer, toOffset, bytes);
    },
    clear(slot) {
      touch(slot);
      outsidePass().clearBuffer(slot.buffer);
    },
    write: (slot, values) => device.queue.writeBuffer(slot.buffer, 0, values),
    flush,
    close: stopTimer,
  };
}
