// Every operation of the HTTP API through the published clients: by each role, success and error. The files beside this one tell
// the operations (frame.ts says how); docs/api-clients.md is written by a whole run.

import { expect, test } from "@playwright/test";
import { readdirSync } from "node:fs";
import { clients } from "./clients/all.ts";
import { normal } from "./clients/client.ts";
import { documented } from "./clients/plain.ts";
import { caller, checkRoles, type Operations } from "./frame.ts";

const others = ["frame.ts", "table.ts"];
const resources = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".ts") && !file.endsWith(".spec.ts") && !others.includes(file));
const operations: Operations = {};
for (const file of resources) Object.assign(operations, ((await import(`./${file}`)) as { operations: Operations }).operations);

for (const client of clients) {
  test.describe(client.name, () => {
    for (const [id, operation] of Object.entries(operations)) {
      test(id, async () => {
        test.skip(!(await client.has(id)), "the client does not have it");
        const as = caller(client, id);
        await checkRoles(operation, as);
        await operation.success(as);
        await operation.errors(as);
      });
    }
  });
}

test("every operation of the document is called here", async () => {
  expect(Object.keys(operations).map(normal).sort()).toEqual((await documented()).map(normal).sort());
});
