import fc from "fast-check";

/**
 * Property tests draw the same inputs in every run, so that a red run is about the change at hand; TOMOGRAD_SEED=N draws
 * others, and a failure prints its seed and counterexample.
 */
fc.configureGlobal({ seed: Number(process.env.TOMOGRAD_SEED ?? 20261123) });
