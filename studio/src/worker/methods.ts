/** The methods of the page: what runs, and with what, as `tomograd reconstruct` runs it. */
import type { Projections, Projector, Run } from "tomograd";
import * as reconstruction from "tomograd/reconstruction";
import type { MethodName } from "./protocol";

interface Method {
  readonly model: "joseph" | "siddon";
  readonly run: (A: Projector, projections: Projections, options: object) => Promise<Run>;
}

const joseph = (run: Method["run"]): Method => ({ model: "joseph", run });

export const METHODS: Readonly<Record<Exclude<MethodName, "auto">, Method>> = {
  fdk: joseph(reconstruction.fdk),
  "auto-tv": joseph(reconstruction.autoTv),
  "os-sqs": joseph(reconstruction.osSqs),
  "fista-tv": joseph(reconstruction.fistaTv),
  "asd-pocs": joseph(reconstruction.asdPocs),
  "os-sart": joseph(reconstruction.ossart),
  sart: joseph(reconstruction.sart),
  sirt: joseph(reconstruction.sirt),
  cgls: joseph(reconstruction.cgls),
  tikhonov: joseph(reconstruction.tikhonov),
  mlem: joseph(reconstruction.mlem),
  fit: { model: "siddon", run: reconstruction.fit },
};

/** Views of a step of `fit`, and passes over them. */
const FIT = { views: 12, passes: 20, fewest: 101 };

/** Options of a method that the page sets where nothing is asked for. */
export function settingsOf(name: MethodName, views: number, iterations: number | undefined): Record<string, unknown> {
  if (name === "fdk") return {};
  if (name !== "fit") return iterations === undefined ? {} : { iterations };
  const subsets = Math.max(1, Math.round(views / FIT.views));
  return { subsets, iterations: iterations ?? Math.max(FIT.fewest, FIT.passes * subsets) };
}
