import type { Discretization, Model, Rays } from "../kernels.js";
import { raysOf, SCENES, type Scene } from "./scenes.js";
import { type ArraySpec, list, projections, type Tolerance, table, uniform, volume } from "./spec.js";

const MODELS: readonly Model[] = ["siddon", "joseph", "trilinear"];
const STEP_MM = 0.7;

/** Settings and tables of a scene under one model; an interval goes with trilinear alone. */
type CaseRays = Omit<Rays, "views" | "pixels"> & { readonly views: ArraySpec; readonly pixels?: ArraySpec };

const discretization = (scene: Scene, model: Model): Discretization => ({
  model,
  extent: scene.extent,
  ...(model !== "trilinear" ? {} : scene.interval ? { interval: scene.interval } : { step: STEP_MM }),
});

const combinations = (scenes: readonly Scene[], models: readonly Model[]) =>
  scenes.flatMap((scene) =>
    models.filter((model) => !scene.interval || model === "trilinear").map((model) => ({ scene, model })),
  );

/** Every scene under every model, with a random volume and a random image. */
export function viewCases<A>(
  build: (rays: CaseRays, volume: ArraySpec, image: ArraySpec, index: number) => A,
  {
    scenes: all = SCENES,
    smoothOnly = false,
    models = MODELS,
  }: { scenes?: readonly Scene[]; smoothOnly?: boolean; models?: readonly Model[] } = {},
): readonly { readonly name: string; readonly args: A }[] {
  const scenes = all.filter((scene) => scene.smooth || !smoothOnly);
  return combinations(scenes, models).map(({ scene, model }, index) => {
    const { rows, columns, size, beam } = scene;
    const rays: CaseRays = {
      ...discretization(scene, model),
      beam,
      views: table(scene.views),
      ...(scene.pixels ? { pixels: list(scene.pixels) } : {}),
    };
    const image = projections(scene.views.length / 18, rows, columns, uniform(200 + index));
    return { name: `${model}, ${scene.name}`, args: build(rays, volume(size, uniform(100 + index)), image, index) };
  });
}

/** The same for rays one by one, of the cone scenes. */
export function freeRayCases<A>(
  build: (
    rays: Discretization & { readonly rays: ArraySpec; readonly metric: readonly number[] },
    volume: ArraySpec,
    count: number,
    index: number,
  ) => A,
  { scenes: all = SCENES, smoothOnly = false }: { scenes?: readonly Scene[]; smoothOnly?: boolean } = {},
): readonly { readonly name: string; readonly args: A }[] {
  const scenes = all.filter((scene) => scene.beam === "cone" && !scene.pixels && (scene.smooth || !smoothOnly));
  return combinations(scenes, MODELS).map(({ scene, model }, index) => {
    const { rays, metric } = raysOf(scene);
    const args = { ...discretization(scene, model), rays: table(rays), metric };
    return {
      name: `${model}, rays of: ${scene.name}`,
      args: build(args, volume(scene.size, uniform(300 + index)), rays.length / 6, index),
    };
  });
}

export const RAY_TOLERANCE: Tolerance = {
  percentile99: 1e-5,
  worst: 5e-4,
  reason: "float32 positions (an ulp of n/2 cells); a ray that grazes a face moves its crossing by ulp / slope",
};

export const JACOBIAN_TOLERANCE: Tolerance = {
  percentile99: 1e-4,
  worst: 5e-3,
  reason: "differences of neighbors over slopes, in float32; small slopes amplify the rounding of a crossing",
};
