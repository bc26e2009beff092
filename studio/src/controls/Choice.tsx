import { useId } from "preact/hooks";

export interface ChoiceProps<Value extends string> {
  /** Names the group. */
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly text: string; readonly hint?: string }[];
  /** Undefined: none of them. */
  readonly value: Value | undefined;
  readonly onChange: (value: Value) => void;
}

/** One of a few, side by side: native radio buttons that look like a segmented control. */
export function Choice<Value extends string>({ label, options, value, onChange }: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div class="segments">
        {options.map((option) => (
          <label key={option.value} title={option.hint}>
            <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
            <span>{option.text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
