// Who calls: a column of docs/api-clients.md each.

import type { Client } from "./client.ts";
import { plain } from "./plain.ts";
import { python } from "./python.ts";
import { strict } from "./strict.ts";
import { versions } from "./versioned.ts";

export const clients: Client[] = [strict, ...versions, python, plain];
