// No client: what the document says is sent, and every answer is held against the document. It has every operation.

import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { baseUrl } from "../../lib/demo.ts";
import { normal, Refused, type Call, type Client } from "./client.ts";

interface Operation {
  id: string;
  method: string;
  path: string;
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

interface Document {
  operations: Map<string, Operation>;
  /** What is wrong with a value that an operation answered. */
  mistakes(operation: Operation, status: number, type: string, value: unknown): string | undefined;
}

async function read(): Promise<Document> {
  const document: any = await (await fetch(`${baseUrl()}/openapi.json`)).json();
  const operations = new Map<string, Operation>();
  for (const [path, methods] of Object.entries<any>(document.paths)) {
    for (const [method, { operationId, responses }] of Object.entries<any>(methods)) {
      operations.set(normal(operationId), { id: operationId, method: method.toUpperCase(), path, responses });
    }
  }
  const ajv = new (Ajv2020 as any)({ strict: false, allErrors: true });
  (addFormats as any)(ajv);
  for (const width of ["int32", "int64"]) ajv.addFormat(width, true);
  ajv.addSchema(document, "document");
  const pointer = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");
  return {
    operations,
    mistakes(operation, status, type, value) {
      const response = operation.responses[status];
      if (response === undefined) return `the status ${status} is not in the document`;
      if (response.content === undefined) return undefined;
      if (response.content[type] === undefined) return `the type ${type} is not in the document`;
      const place = ["paths", operation.path, operation.method.toLowerCase(), "responses", status, "content", type, "schema"];
      const check = ajv.getSchema(`document#/${place.map((name) => encodeURIComponent(pointer(String(name)))).join("/")}`);
      return check(value) ? undefined : ajv.errorsText(check.errors);
    },
  };
}

const anAddress = () => `10.${[0, 0, 0].map(() => Math.floor(Math.random() * 256)).join(".")}`;

let document: Promise<Document> | undefined;

/** Every operation's id. */
export const documented = async (): Promise<string[]> => [...(await (document ??= read())).operations.values()].map(({ id }) => id);

export const plain: Client = {
  name: "HTTP",
  has: async (operation) => (await (document ??= read())).operations.has(normal(operation)),
  async call(id, token, { path = {}, query = {}, body }: Call = {}) {
    const { operations, mistakes } = await (document ??= read());
    const operation = operations.get(normal(id));
    if (operation === undefined) throw new Error(`the document has no operation ${id}`);
    const url = new URL(operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? "")), baseUrl());
    for (const [name, value] of Object.entries(query)) {
      for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
    }
    const answer = await fetch(url, {
      method: operation.method,
      // Each call comes from an address of its own, so that limits per client do not join the tests.
      headers: { "x-forwarded-for": anAddress(), ...(token === "" ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
    if (type === "text/event-stream") {
      // It goes on for minutes: that it began is the answer.
      await answer.body?.cancel();
      return { type };
    }
    const text = await answer.text();
    const value = type === "application/json" ? JSON.parse(text) : text;
    // Told by the frame, wherever it goes: what no operation lists.
    const isFramed = answer.status === 401 && value.error === "invalid_token";
    const wrong = isFramed ? undefined : mistakes(operation, answer.status, type, value);
    if (wrong !== undefined) throw new Error(`${id} answers against its document: ${wrong}: ${text}`);
    if (!answer.ok) throw new Refused(answer.status, text);
    return value;
  },
};
