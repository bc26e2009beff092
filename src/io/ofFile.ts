import { fault, isTomogradError } from "../core/errors.js";

/** A refusal that names the file it is about, as streams and codecs do not; other errors as they are. */
export function ofFile(error: unknown, name: string | undefined): unknown {
  if (!isTomogradError(error) || error.code === "ABORTED" || name === undefined || error.message.includes(name))
    return error;
  return fault(error.code, `${name}: ${error.message}`, { ...error.detail, file: name }, error);
}
