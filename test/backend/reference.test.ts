import { afterAll, describe, expect, test } from "vitest";
import { createReferenceBackend } from "../../src/backend/reference/index.js";
import { backendSuite } from "../../src/testing/index.js";

await backendSuite(async () => createReferenceBackend(), { describe, test, expect, afterAll });
