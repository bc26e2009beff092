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

/** A number by its physical name: to be typed, stepped or slid. What is typed counts when it is a number in the range. */
export function NumberField(props: NumberFieldProps) {
  const { label, unit, value, min, max, step, digits = 0, slider = true, hint, onChange } = props;
  const id = useId();
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const take = (text: string) => {
    const number = Number(text);
    if (text.trim() !== "" && Number.isFinite(number) && number >= min && number <= max) onChange(number);
  };
  const wrong = typed !== undefined && !(typed.trim() !== "" && Number(typed) >= min && Number(typed) <= max);
  return (
    <div class="field">
      <label for={id} title={hint}>
        {label}
      </label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        aria-invalid={wrong}
        {...{ min, max, step }}
        value={typed ?? value.toFixed(digits)}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          take(currentTarget.value);
        }}
        onBlur={() => setTyped(undefined)}
      />
      <span class="unit">{unit}</span>
      {slider && (
        <input
          type="range"
          aria-label={`${label}, slider`}
          {...{ min, max, step, value }}
          onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
        />
      )}
      {wrong && (
        <small class="wrong">
          from {min} to {max} {unit}
        </small>
      )}
    </div>
  );
}
