import { running } from "../state/reconstruction";
import { goTo, TOUR, tourPsnr, tourStep } from "../state/tour";

/** The story of few views, step by step. */
export function Tour() {
  const at = tourStep.value;
  const busy = running.value !== undefined;
  if (at === undefined)
    return (
      <section>
        <button type="button" disabled={busy} onClick={() => void goTo(0)}>
          Take the tour: from one view to 120
        </button>
      </section>
    );
  const { title, text } = TOUR[at];
  const reached = tourPsnr.value.map(
    ({ views, psnr }) => `${views}\u00a0${views === 1 ? "view" : "views"}\u00a0${psnr.toFixed(1)}\u00a0dB`,
  );
  return (
    <section class="tour">
      <h3>
        Tour, {at + 1} of {TOUR.length}: {title}
      </h3>
      <p>{text}</p>
      <div class="buttons">
        <button type="button" disabled={busy || at === 0} onClick={() => void goTo(at - 1)}>
          Back
        </button>
        <button
          type="button"
          class="primary"
          disabled={busy || at + 1 === TOUR.length}
          onClick={() => void goTo(at + 1)}
        >
          Next
        </button>
        <button type="button" onClick={() => void goTo(undefined)}>
          End
        </button>
      </div>
      {reached.length > 0 && <p class="hint">PSNR against the truth: {reached.join(", ")}</p>}
    </section>
  );
}
