import type { DeviceVolume } from "../projector/types.js";
import type { Workspace } from "./workspace.js";

/** Iterates of a path, kept on the device as part of the state while they may still be the answer. */
export interface Shelf {
  /** Keeps a copy of an iterate under its number; if all places are taken, in place of the oldest; without places: none. */
  add(stage: number, x: DeviceVolume): Promise<void>;
  /** Keeps only those that pass. */
  keepIf(passes: (stage: number) => boolean): void;
  /** The oldest of those kept. */
  oldest(): { readonly stage: number; readonly volume: DeviceVolume } | undefined;
}

/** @param numbers part of the state; `kept0`, `kept1`, ... are 1 + the stage in that place, or 0 */
export async function createShelf(work: Workspace, numbers: Record<string, number>, places: number): Promise<Shelf> {
  const volumes: DeviceVolume[] = [];
  const name = (place: number) => `kept${place}`;
  for (let place = 0; numbers[name(place)] !== undefined; place++) volumes.push(await work.stateVolume(name(place)));
  const inOrder = () =>
    volumes
      .map((volume, place) => ({ place, volume, stage: numbers[name(place)] - 1 }))
      .filter(({ stage }) => stage >= 0)
      .sort((a, b) => a.stage - b.stage);
  return {
    async add(stage, x) {
      if (places === 0) return;
      let place = volumes.findIndex((_, i) => numbers[name(i)] === 0);
      if (place < 0) place = volumes.length < places ? volumes.length : inOrder()[0].place;
      volumes[place] ??= await work.stateVolume(name(place), true);
      work.A.backend.run("copy", { out: volumes[place].array, x: x.array });
      numbers[name(place)] = stage + 1;
    },
    keepIf(passes) {
      for (const { place, stage } of inOrder()) if (!passes(stage)) numbers[name(place)] = 0;
    },
    oldest: () => inOrder()[0],
  };
}
