import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Vec3 } from "tomograd";
import { sliced } from "../state/display";
import { latestWins } from "../state/latest";
import { labels, patient } from "../state/patient";
import { volumeShown } from "../state/reconstruction";
import { report } from "../state/status";
import { request } from "../worker/client";
import type { PointValue } from "../worker/protocol";

const UNITS: Readonly<Record<string, string>> = { hounsfield: "HU", attenuation: "/mm" };

/**
 * Value and label at a point, world RAS mm: of the volume itself, as pixels of different slices, which lie beside the
 * point, would differ.
 */
export function SliceReadout({ at }: { readonly at: Vec3 }) {
  const found = useSignal<(PointValue & { readonly at: Vec3 }) | undefined>(undefined);
  const reading = useMemo(
    () =>
      latestWins(
        (point: Vec3) => request("value", { shown: sliced.peek(), at: point }),
        (value, point) => {
          found.value = { ...value, at: point };
        },
        report,
      ),
    [],
  );
  useEffect(() => reading.ask(at), [...at, patient.value, labels.value, sliced.value, volumeShown.value]);
  if (!found.value) return null;
  const { value, label } = found.value;
  const quantity = patient.value?.quantity ?? "unknown";
  const digits = quantity === "hounsfield" || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  return (
    <>
      <b aria-busy={found.value.at.some((mm, axis) => mm !== at[axis])}>
        {Number(value.toFixed(digits)) + 0} {UNITS[quantity]}
      </b>
      {label ? <span>label {label}</span> : null}
    </>
  );
}
