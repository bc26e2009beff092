/** The contract suite of backends: queue laws, every kernel and case against the reference, laws of operators. */
import type { Backend } from "../backend/backend.js";
import { KERNEL_NAMES, type KernelName } from "../backend/kernels.js";
import { createReferenceBackend } from "../backend/reference/index.js";
import { SPECS } from "../backend/specs/index.js";
import { LARGE_CASES } from "../backend/specs/large.js";
import type { KernelCase, KernelSpec, Tolerance } from "../backend/specs/spec.js";
import type { BackendFactory, TestApi } from "./api.js";
import { relativeErrors, sameBytes } from "./compare.js";
import { adjointDefect, entryDefect, float32Defect, raysOf } from "./operatorLaws.js";
import { queueLaws } from "./queueLaws.js";
import { type Outputs, runCase } from "./runCase.js";

const FLOAT64: Tolerance = { percentile99: 1e-12, worst: 1e-12, reason: "float64 on both sides" };

/** What the reference gave, for all suites of a process. */
const expectedOutputs = new WeakMap<KernelCase<KernelName>, Outputs>();

/** Where single entries of the matrix are compared. */
const ENTRY_SCENES = ["three views around an odd grid", "a sheared grid", "off-axis views"];

/** The specification of any kernel, its type forgotten. */
const specOf = (kernel: KernelName) => SPECS[kernel] as unknown as KernelSpec<KernelName>;

export interface SuiteOptions {
  /** Which cases of the kernels run. @default all */
  readonly accepts?: (each: KernelCase<KernelName>, kernel: KernelName) => boolean;
  /** Also a case of every kernel with an array of more than 1 MiB, for backends that cut such arrays. @default false */
  readonly large?: boolean;
}

/**
 * Registers the tests of a backend with a runner such as vitest: `await backendSuite(create, { describe, test, expect,
 * afterAll })` at the top of a test file. Starts one backend to ask what it supports; what it lacks shows as a skip with
 * the backend's reason.
 */
export async function backendSuite(create: BackendFactory, api: TestApi, options: SuiteOptions = {}): Promise<void> {
  const { describe, test, expect, afterAll } = api;
  const { accepts = () => true, large = false } = options;
  const backend = await create();
  const reference = createReferenceBackend();
  const float64 = await isFloat64(backend);
  const { name } = backend;
  const lacks = (kernel: KernelName) => backend.unsupportedReason(kernel);
  const casesOf = <K extends KernelName>(kernel: K) =>
    ([...SPECS[kernel].cases, ...(large ? LARGE_CASES[kernel] : [])] as readonly KernelCase<K>[]).filter((each) =>
      accepts(each, kernel),
    );
  /** What the backend gave, to be compared with what others give. */
  const known = new Map<KernelCase<KernelName>, Outputs>();
  const outputsHere = async (kernel: KernelName, each: KernelCase<KernelName>) =>
    known.get(each) ?? (await outputsOf(backend, kernel, each));

  afterAll(async () => {
    await backend[Symbol.asyncDispose]();
    await reference[Symbol.asyncDispose]();
  });

  describe(`${name}: laws of the queue`, () => queueLaws(backend, create, api));

  // A group without any test is an error to runners.
  const isEmpty = (kernel: KernelName) => lacks(kernel) === undefined && casesOf(kernel).length === 0;
  for (const kernel of KERNEL_NAMES.filter((each) => !isEmpty(each)))
    describe(`${name}: ${kernel}`, () => {
      const spec = specOf(kernel);
      const reason = lacks(kernel);
      if (reason !== undefined) {
        test.skipIf(true)(`not on ${name}: ${reason}`, () => {});
        return;
      }
      const tolerance = float64 ? FLOAT64 : spec.tolerance;
      for (const each of casesOf(kernel))
        test(`${each.name}, as the reference to ${tolerance.worst}`, async () => {
          const found = await runCase(backend, spec, each);
          known.set(each, found.outputs);
          const expected = expectedOutputs.get(each) ?? (await outputsOf(reference, kernel, each));
          expectedOutputs.set(each, expected);
          expect(found.damaged, "arrays changed that are not outputs").toEqual([]);
          for (const output of spec.writes) {
            const errors = relativeErrors(found.outputs[output], expected[output]);
            expect(errors.percentile99, `${output}, 99th percentile; ${tolerance.reason}`).toBeLessThanOrEqual(
              tolerance.percentile99,
            );
            expect(errors.worst, `${output}, worst; ${tolerance.reason}`).toBeLessThanOrEqual(tolerance.worst);
          }
          expect(backend.liveBytes, "bytes held after the case").toBe(0);
        });
    });

  for (const kernel of ["projectAdjoint", "projectRaysAdjoint"] as const) {
    if (lacks(kernel) !== undefined || isEmpty(kernel)) continue;
    describe(`${name}: ${kernel} is the transpose of ${SPECS[kernel].laws?.transposeOf}`, () => {
      for (const each of casesOf(kernel)) {
        const defect = float64 ? 1e-12 : float32Defect(raysOf(kernel, each));
        test(`|<Ax, y> - <x, Aᵀy>| <= ${defect.toExponential(1)} |Ax||y|: ${each.name}`, async () => {
          expect(await adjointDefect(backend, kernel, each)).toBeLessThanOrEqual(defect);
        });
        if (ENTRY_SCENES.some((scene) => each.name.endsWith(scene)))
          test(`(A e_j)_i = (Aᵀ e_i)_j for 1000 entries, to 1e-6 of the largest: ${each.name}`, async () => {
            const { defect, compared, filled } = await entryDefect(backend, kernel, each);
            expect(compared).toBeGreaterThanOrEqual(1000);
            expect(filled, "entries that are not 0").toBeGreaterThanOrEqual(20);
            expect(defect).toBeLessThanOrEqual(1e-6);
          });
      }
    });
  }

  const jacobians = casesOf("projectLineJacobian");
  if (lacks("projectLineJacobian") === undefined)
    test(`${name}: projectLineJacobian gives the same bits as project in all ${jacobians.length} cases`, async () => {
      for (const each of jacobians) {
        const jacobian = await outputsHere("projectLineJacobian", each);
        const image = await runCase(backend, SPECS.project, { args: { ...each.args, accumulate: false } });
        expect(sameBytes(jacobian.out, image.outputs.out), each.name).toBe(true);
      }
    });

  const threaded = (await threadsOf(create)) > 1;
  describe(`${name}: the same bytes`, () => {
    for (const threads of threaded ? [1, 2, 5] : [1])
      test(`from ${threaded ? `${threads} threads` : "another backend"} as from this one, in every case of every kernel`, async () => {
        await using other = await create({ threads });
        for (const kernel of KERNEL_NAMES.filter((k) => lacks(k) === undefined)) {
          const compare = async (each: KernelCase<KernelName>) => {
            const [a, b] = await Promise.all([outputsHere(kernel, each), outputsOf(other, kernel, each)]);
            for (const output of Object.keys(a))
              expect(sameBytes(a[output], b[output]), `${kernel}, ${each.name}, ${output}`).toBe(true);
          };
          // asked for together: a read-back is slow on some backends
          await Promise.all(casesOf(kernel).map(compare));
        }
      });
  });
}

/** Threads of a backend that may have 2: some have 1 all the same. */
async function threadsOf(create: BackendFactory): Promise<number> {
  await using backend = await create({ threads: 2 });
  return backend.threads;
}

const outputsOf = async (backend: Backend, kernel: KernelName, each: KernelCase<KernelName>): Promise<Outputs> =>
  (await runCase(backend, specOf(kernel), each)).outputs;

async function isFloat64(backend: Backend): Promise<boolean> {
  using array = backend.allocate({ kind: "flat", length: 1 });
  return (await backend.download(array)) instanceof Float64Array;
}
