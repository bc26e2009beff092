/** What the worker keeps between calls: one backend, one volume on it. */
import { type Backend, createBackend, type TomogradError, type Volume } from "tomograd";
import { createHostBackend } from "tomograd/backend";
import { type FallbackEvent, type Keep, withFallback } from "tomograd/reconstruction";
import { type Placed, place } from "./placed";
import type { BackendChoice, OpenSource, PatientFacts } from "./protocol";

/** The volume as read, and as the rays integrate it. */
export interface Patient {
  /** What it was read from. */
  readonly source: OpenSource;
  readonly facts: PatientFacts;
  /** As stored: HU, 1/mm, ... */
  readonly volume: Volume;
  /** Attenuation (1/mm) on the host, made again when the backend changes. */
  readonly attenuation: () => Volume;
}

let backend: Promise<Backend> | undefined;
/** With its attenuation on the backend. */
let patient: (Patient & Placed) | undefined;

/** The backend; started at the first call. */
export function currentBackend(): Promise<Backend> {
  backend ??= createBackend();
  return backend;
}

/** Another backend takes over, with the volume. The one before stays where the new one does not start. */
export const changeBackend = ({ prefer, threads }: BackendChoice): Promise<Backend> =>
  replaceBackend(() => createBackend({ prefer, ...(threads !== undefined && { threads }) }));

async function replaceBackend(create: () => Promise<Backend>): Promise<Backend> {
  const before = await backend;
  const next = await create();
  try {
    if (patient) patient = { ...patient, ...place(next, patient.attenuation()) };
  } catch (error) {
    await next[Symbol.asyncDispose]();
    throw error;
  }
  backend = Promise.resolve(next);
  for (const forget of onBackend) forget();
  if (before) retired.push(before);
  await disposeRetired();
  return next;
}

/** Replaced, but perhaps still at work. */
const retired: Backend[] = [];
let working = 0;

async function disposeRetired(): Promise<void> {
  if (working > 0) return;
  for (const backend of retired.splice(0)) await backend[Symbol.asyncDispose]();
}

let whenTaken: (event: FallbackEvent) => void = () => undefined;
/** Says who is told when a GPU has failed and another backend has taken over. */
export function onTakeover(tell: (event: FallbackEvent) => void): void {
  whenTaken = tell;
}

/** Backends that took over from GPUs that failed: several calls may notice the same failure. */
const takers = new WeakMap<Backend, Promise<Backend>>();

function takeOver(failed: Backend, { message }: TomogradError): Promise<Backend> {
  const taker = takers.get(failed) ?? replaceBackend(() => createHostBackend(message.replace(/;.*$/, "")));
  takers.set(failed, taker);
  return taker;
}

/**
 * Does `work` on the backend. Where its GPU is lost or full the processor takes over, with the volume, and the work goes
 * on there from what was kept.
 */
export async function compute<T>(work: (backend: Backend, keep: Keep) => Promise<T>): Promise<T> {
  const mine = await currentBackend();
  working++;
  try {
    const options = { fallback: (error: TomogradError) => takeOver(mine, error), onFallback: whenTaken };
    return (await withFallback(mine, work, options)).value;
  } finally {
    working--;
    await disposeRetired();
  }
}

/** What lies on a backend is forgotten with it. */
const onBackend: (() => void)[] = [];
export const withEachBackend = (forget: () => void): number => onBackend.push(forget);

/** Puts a volume in place of the one before. */
export async function setPatient(next: Patient): Promise<void> {
  const placed = await compute(async (backend) => place(backend, next.attenuation()));
  patient?.release();
  patient = { ...next, ...placed };
  for (const forget of onPatient) forget();
}

/** What is forgotten with a volume. */
const onPatient: (() => void)[] = [];
export const withEachPatient = (forget: () => void): number => onPatient.push(forget);

/** The volume. @throws where none is open, which the page prevents */
export function currentPatient(): Patient & Placed {
  if (!patient) throw new Error("no volume is open");
  return patient;
}
