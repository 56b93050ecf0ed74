// 1.0: says which version it speaks, and reads what comes.

import { createPolar as createPolar202604 } from "polar-1-0/2026-04";
import { createPolar as createPolar202610 } from "polar-1-0/2026-10";
import { createPolar as createPolar202701 } from "polar-1-0/2027-01";
import { baseUrl } from "../../lib/demo.ts";
import { camel, normal, type Call, type Client } from "./client.ts";

type Create = (options: { accessToken: string; baseUrl: string }) => any;

function versioned(version: string, create: Create): Client {
  const method = (operation: string, token: string): any => {
    const path = normal(operation).split(":").map(camel);
    return path.reduce((service, name) => service?.[name], create({ accessToken: token, baseUrl: baseUrl() }));
  };
  return {
    name: `1.0.1, ${version}`,
    has: async (operation) => typeof method(operation, "") === "function",
    call: (operation, token, { path = {}, query, body }: Call = {}) => {
      const values = [...Object.values(path), body ?? query].filter((value) => value !== undefined);
      return method(operation, token)(...values);
    },
  };
}

export const versions: Client[] = [
  versioned("2026-04", createPolar202604),
  versioned("2026-10", createPolar202610),
  versioned("2027-01", createPolar202701),
];
