/** The methods of the page, as `tomograd reconstruct` runs them. */
import type { Projections, Projector, Run } from "tomograd";
import * as reconstruction from "tomograd/reconstruction";
import type { RunnableMethod } from "./settings";

type Method = (A: Projector, projections: Projections, options: object) => Promise<Run>;

export const METHODS: Readonly<Record<RunnableMethod, Method>> = {
  fdk: reconstruction.fdk,
  "auto-tv": reconstruction.autoTv,
  "os-sqs": reconstruction.osSqs,
  "fista-tv": reconstruction.fistaTv,
  "asd-pocs": reconstruction.asdPocs,
  "os-sart": reconstruction.ossart,
  sart: reconstruction.sart,
  sirt: reconstruction.sirt,
  cgls: reconstruction.cgls,
  tikhonov: reconstruction.tikhonov,
  mlem: reconstruction.mlem,
  fit: reconstruction.fit,
};
