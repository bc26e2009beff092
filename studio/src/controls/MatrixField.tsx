import { useId, useState } from "preact/hooks";
import { beamMatrix, steerByMatrix } from "../state/pose";

const written = (matrix: readonly number[] | undefined): string =>
  matrix
    ? [0, 1, 2]
        .map((row) =>
          matrix
            .slice(4 * row, 4 * row + 4)
            .map((value) => Number(value.toPrecision(9)))
            .join(" "),
        )
        .join("\n")
    : "";

/** The 3x4 matrix of the beam: to be read, copied, and replaced by another. */
export function MatrixField() {
  const id = useId();
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const [wrong, setWrong] = useState<string | undefined>(undefined);
  const take = () => {
    const numbers = (typed ?? "")
      .split(/[\s,;[\]]+/)
      .filter(Boolean)
      .map(Number);
    try {
      if (numbers.length !== 12 || !numbers.every(Number.isFinite))
        throw new Error(
          `12 numbers are needed, three rows of four; these are ${numbers.filter(Number.isFinite).length}`,
        );
      steerByMatrix(numbers);
      setTyped(undefined);
      setWrong(undefined);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div class="matrix">
      <label for={id} class="visually-hidden">
        Projection matrix, three rows of four numbers
      </label>
      <textarea
        id={id}
        rows={3}
        spellcheck={false}
        value={typed ?? written(beamMatrix.value)}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      <div class="buttons">
        <button type="button" disabled={typed === undefined} onClick={take}>
          Apply
        </button>
        <button
          type="button"
          disabled={typed === undefined}
          onClick={() => {
            setTyped(undefined);
            setWrong(undefined);
          }}
        >
          Discard
        </button>
      </div>
      {wrong && (
        <p class="wrong" role="alert">
          {wrong}
        </p>
      )}
    </div>
  );
}
