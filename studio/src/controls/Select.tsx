import { useId } from "preact/hooks";

export interface SelectProps<Value extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly text: string }[];
  readonly value: Value;
  readonly disabled?: boolean;
  readonly onChange: (value: Value) => void;
}

/** One of many. */
export function Select<Value extends string>({ label, options, value, disabled, onChange }: SelectProps<Value>) {
  const id = useId();
  return (
    <div class="field of-many">
      <label for={id}>{label}</label>
      <select id={id} {...{ value, disabled }} onChange={({ currentTarget }) => onChange(currentTarget.value as Value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  );
}
