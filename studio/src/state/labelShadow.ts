/** The labels over the radiograph: they come when the hand rests. */
import { computed, effect, signal } from "@preact/signals";
import { request } from "../worker/client";
import type { LabelFacts, LabelShadow, RenderedImage } from "../worker/protocol";
import { labelOpacity, radiographed } from "./display";
import { drr, drrIsExact } from "./drr";
import { latestWins } from "./latest";
import { labels } from "./patient";
import { report } from "./status";

interface Asked {
  readonly of: RenderedImage;
  readonly labels: LabelFacts;
}

const last = signal<(Asked & { readonly shadow: LabelShadow | undefined }) | undefined>(undefined);

let casting: AbortController | undefined;
const cast = latestWins(
  ({ of: { view, detector } }: Asked) => {
    casting = new AbortController();
    return request("labelShadow", { view, detector }, { signal: casting.signal });
  },
  (shadow, asked) => {
    last.value = { ...asked, shadow };
  },
  report,
);

/** The shadow of the labels on the radiograph that is shown; undefined while that moves, and of a reconstruction. */
export const labelShadow = computed<LabelShadow | undefined>(() => {
  const found = last.value;
  if (!found || found.labels !== labels.value || radiographed.value !== "volume") return undefined;
  return found.of.view === drr.value?.view && found.of.detector === drr.value.detector ? found.shadow : undefined;
});

/** Begins to follow the radiograph and the labels. */
export const followLabels = (): (() => void) =>
  effect(() => {
    const [image, open] = [drr.value, labels.value];
    // the X-ray moves on: its next picture goes first
    if (!drrIsExact.value) casting?.abort();
    if (!image || !open || !drrIsExact.value || radiographed.value !== "volume" || labelOpacity.value === 0) return;
    if (!labelShadow.peek()) cast.ask({ of: image, labels: open });
  });
