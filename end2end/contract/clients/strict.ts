// 0.49: checks every answer against its schema, and names things in camel case.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Polar } from "polar-0-49";
import { baseUrl } from "../../lib/demo.ts";
import { camel, normal, renamed, snake, type Call, type Client } from "./client.ts";

/** What the client's own code says of an operation. */
interface Shape {
  /** Its function, in lower case: the path to the method without the dots. */
  name: string;
  /** It takes a session's token with each call. */
  has_security: boolean;
  has_request: boolean;
  /** Under which name a request holds its body; the body is the request itself where there is none. */
  body: string | undefined;
}

function readShapes(): Map<string, Shape> {
  const folder = join(dirname(fileURLToPath(import.meta.resolve("polar-0-49"))), "funcs");
  const shapes = new Map<string, Shape>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
    const code = readFileSync(join(folder, file), "utf8");
    const operation = /operationID: "([^"]+)"/.exec(code)?.[1];
    if (operation === undefined) continue;
    const parameters = /async function \$do\(([^)]*)\)/.exec(code)?.[1] ?? "";
    const body = /encodeJSON\("body", payload\.(\w+)/.exec(code)?.[1];
    shapes.set(normal(operation), {
      name: file.replace(/\.js$/, "").toLowerCase(),
      has_security: parameters.includes("security"),
      has_request: parameters.includes("request"),
      body: body === undefined ? undefined : camel(body.charAt(0).toLowerCase() + body.slice(1)),
    });
  }
  return shapes;
}

let shapes: Map<string, Shape> | undefined;
const shapeOf = (operation: string) => (shapes ??= readShapes()).get(normal(operation));

type Method = (...values: unknown[]) => unknown;

/** The method whose path is `name` without its dots. */
function method(service: any, name: string): Method {
  for (const [member, described] of Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(service)))) {
    const own = member.toLowerCase();
    if (own === name && typeof described.value === "function") return described.value.bind(service);
    if (described.get !== undefined && name.startsWith(own) && name !== own) {
      try {
        return method(service[member], name.slice(own.length));
      } catch {
        // Another service's name may begin the same way.
      }
    }
  }
  throw new Error(`the client has no method ${name}`);
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const sent = (value: unknown) => renamed(value, camel, (one) => (typeof one === "string" && INSTANT.test(one) ? new Date(one) : one));
const wire = (value: unknown) => renamed(value, snake, (one) => (one instanceof Date ? one.toISOString() : one));

export const strict: Client = {
  name: "0.49.0",
  has: async (operation) => shapeOf(operation) !== undefined,
  async call(operation, token, { path = {}, query = {}, body }: Call = {}) {
    const shape = shapeOf(operation);
    if (shape === undefined) throw new Error(`the client has no operation ${operation}`);
    const polar = new Polar({ serverURL: baseUrl(), accessToken: token });
    const values: unknown[] = [];
    if (shape.has_security) values.push(token.startsWith("foyer_mst_") ? { memberSession: token } : { customerSession: token });
    if (shape.has_request) {
      const named = { ...sent(path), ...sent(query) };
      values.push(body === undefined ? named : shape.body === undefined ? sent(body) : { ...named, [shape.body]: sent(body) });
    }
    const answer: any = await method(polar, shape.name)(...values);
    // A list comes as a page that knows the next one.
    const isPage = typeof answer?.next === "function" && answer.result !== undefined;
    return wire(isPage ? answer.result : answer);
  },
};
