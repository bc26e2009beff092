/** What the worker keeps between calls: one backend, one volume on it, perhaps labels. */
import { type Backend, createBackend, type DeviceVolume, toDevice, type Volume } from "tomograd";
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
let patient: (Patient & { readonly device: DeviceVolume }) | undefined;
let labels: Volume | undefined;

/** The backend; started at the first call. */
export function currentBackend(): Promise<Backend> {
  backend ??= createBackend();
  return backend;
}

/** Another backend takes over, with the volume. The one before stays where the new one does not start. */
export async function changeBackend({ prefer, threads }: BackendChoice): Promise<Backend> {
  const before = await backend;
  const next = await createBackend({ prefer, ...(threads !== undefined && { threads }) });
  try {
    if (patient) patient = { ...patient, device: toDevice(next, patient.attenuation()) };
  } catch (error) {
    await next[Symbol.asyncDispose]();
    throw error;
  }
  backend = Promise.resolve(next);
  for (const forget of onBackend) forget();
  await before?.[Symbol.asyncDispose]();
  return next;
}

/** What lies on a backend is forgotten with it. */
const onBackend: (() => void)[] = [];
export const withEachBackend = (forget: () => void): number => onBackend.push(forget);

/** Puts a volume in place of the one before, and of its labels. */
export async function setPatient(next: Patient): Promise<void> {
  const device = toDevice(await currentBackend(), next.attenuation());
  patient?.device.dispose();
  patient = { ...next, device };
  labels = undefined;
  for (const forget of onPatient) forget();
}

/** What is forgotten with a volume. */
const onPatient: (() => void)[] = [];
export const withEachPatient = (forget: () => void): number => onPatient.push(forget);

/** The volume. @throws where none is open, which the page prevents */
export function currentPatient(): Patient & { readonly device: DeviceVolume } {
  if (!patient) throw new Error("no volume is open");
  return patient;
}

/** Labels on the grid of the volume. */
export const currentLabels = (): Volume | undefined => labels;

export function setLabels(next: Volume | undefined): void {
  labels = next;
}
