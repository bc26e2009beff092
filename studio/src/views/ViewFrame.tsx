import type { ComponentChildren } from "preact";
import type { EdgeLetters } from "tomograd/report";
import { enlarged } from "../state/display";

export interface ViewFrameProps {
  /** Names the view, for people and for `enlarged`. */
  readonly title: string;
  readonly class?: string;
  readonly letters?: EdgeLetters;
  /** Lines in the lower left corner. */
  readonly readout?: ComponentChildren;
  /** Beside the title. */
  readonly about?: ComponentChildren;
  /** Below the picture. */
  readonly foot?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A picture in its frame: title, patient letters at the edges, what is under the pointer, a button to enlarge. */
export function ViewFrame({ title, letters, readout, about, foot, children, ...props }: ViewFrameProps) {
  const large = enlarged.value === title;
  // hidden, not taken away: its canvas is shown in the scene too
  const hidden = enlarged.value !== undefined && !large;
  return (
    <section class={`view ${props.class ?? ""}`} aria-label={title} hidden={hidden}>
      <header>
        <h2>{title}</h2>
        <span class="about">{about}</span>
        <button
          type="button"
          class="icon"
          aria-pressed={large}
          aria-label={`${large ? "Show all views" : `Enlarge ${title}`}`}
          title={large ? "Show all views (Esc)" : "Enlarge"}
          onClick={() => {
            enlarged.value = large ? undefined : title;
          }}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d={large ? "M7 2v5H2M9 14V9h5" : "M9 2h5v5M7 14H2V9"} />
          </svg>
        </button>
      </header>
      <div class="stage">
        {children}
        {letters &&
          (["left", "right", "top", "bottom"] as const).map((edge) => (
            <span key={edge} class={`letter ${edge}`} aria-hidden="true">
              {letters[edge]}
            </span>
          ))}
        <div class="readout">{readout}</div>
      </div>
      {foot && <footer>{foot}</footer>}
    </section>
  );
}
