/** Takes charge of a resource, and returns it. */
export type Own = <T extends Disposable>(resource: T) => T;

/** What `work` returns. If it throws, all that it gave to `own` is disposed of; else that belongs to the caller. */
export function disposeOnFailure<R>(work: (own: Own) => R): R {
  const owned: Disposable[] = [];
  try {
    return work((resource) => {
      owned.push(resource);
      return resource;
    });
  } catch (error) {
    for (const resource of owned) resource[Symbol.dispose]();
    throw error;
  }
}
