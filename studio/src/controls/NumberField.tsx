import { useId, useState } from "preact/hooks";

export interface NumberFieldProps {
  readonly label: string;
  readonly unit?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Decimals shown. @default 0 */
  readonly digits?: number;
  /** Beside the slider, for what can be slid sensibly. @default true */
  readonly slider?: boolean;
  /** Explains the sign or the range. */
  readonly hint?: string;
  readonly onChange: (value: number) => void;
}

/** What a text says, with a point or a comma before the decimals; NaN where it is no number. */
function numberIn(text: string): number {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : Number.NaN;
}

/**
 * A number by its physical name: to be typed, stepped with the arrow keys or slid. What is typed is taken as a whole, by
 * Enter or on leaving the field; what is no number in the range is refused in words, and the value before stays.
 */
export function NumberField(props: NumberFieldProps) {
  const { label, unit, value, min, max, step, digits = 0, slider = true, hint, onChange } = props;
  const id = useId();
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const [refused, setRefused] = useState<{ readonly text: string; readonly stays: number } | undefined>(undefined);
  const fits = (text: string) => numberIn(text) >= min && numberIn(text) <= max;
  const wrong = typed !== undefined && !fits(typed);
  const range = `from ${min} to ${max}${unit ? ` ${unit}` : ""}`;
  const set = (next: number) => {
    setTyped(undefined);
    setRefused(undefined);
    onChange(next);
  };
  const leave = () => {
    if (typed === undefined) return;
    if (!wrong) return set(numberIn(typed));
    setTyped(undefined);
    setRefused({ text: typed, stays: value });
  };
  // until something else is set, from here or from elsewhere
  const message = wrong ? range : refused?.stays === value && `“${refused.text}” refused: ${range}`;
  return (
    <div class="field">
      <label for={id} title={hint}>
        {label}
      </label>
      {/* a number input drops a comma without a word */}
      <input
        id={id}
        type="text"
        role="spinbutton"
        inputMode="decimal"
        autoComplete="off"
        aria-invalid={wrong}
        aria-valuenow={value}
        aria-valuemin={min}
        aria-valuemax={max}
        aria-describedby={`${id}-message`}
        value={typed ?? value.toFixed(digits)}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          setRefused(undefined);
        }}
        onKeyDown={(event) => {
          const way = { ArrowUp: step, ArrowDown: -step }[event.key];
          if (event.key === "Enter" && !wrong) leave();
          else if (way) {
            event.preventDefault();
            const from = typed === undefined || wrong ? value : numberIn(typed);
            set(Math.min(max, Math.max(min, from + way)));
          }
        }}
        onFocus={() => setRefused(undefined)}
        onBlur={leave}
      />
      <span class="unit">{unit}</span>
      {slider && (
        <input
          type="range"
          aria-label={`${label}, slider`}
          {...{ min, max, step, value }}
          onInput={({ currentTarget }) => set(Number(currentTarget.value))}
        />
      )}
      <small id={`${id}-message`} class="wrong" role="status">
        {message}
      </small>
    </div>
  );
}
