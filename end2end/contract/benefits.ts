import { baseUrl } from "../lib/demo.ts";
import { expect, NOBODY, organizationToken, type Caller, type Found, type Operations } from "./frame.ts";

const ask = async (method: string, path: string, body?: Found): Promise<Found> => {
  const headers = { authorization: `Bearer ${organizationToken()}`, "content-type": "application/json" };
  const answer = await fetch(`${baseUrl()}/v1/benefits${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? {} : ((await answer.json()) as Found);
};

const phone = { type: "custom", description: "Support by phone", properties: { note: "Call 1234" } };
const made = () => ask("POST", "", phone);
const gone = (benefit: Found) => ask("DELETE", `/${benefit.id}`);

async function notFound({ refused }: Caller, rest: Found = {}): Promise<void> {
  expect(await refused(organizationToken(), { path: { id: NOBODY }, ...rest })).toBe(404);
  expect(await refused(organizationToken(), { path: { id: "no-uuid" }, ...rest })).toBe(422);
}

export const operations: Operations = {
  "benefits:list": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const benefit = await made();
      const list = await call(organizationToken(), { query: { limit: 100, query: "by PHONE" } });
      expect(list.items.map(({ id }: Found) => id)).toContain(benefit.id);
      await gone(benefit);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "benefits:create": {
    who: "organization",
    sample: { body: { ...phone, organization_id: NOBODY } },
    async success({ call }) {
      const benefit = await call(organizationToken(), { body: phone });
      expect(benefit).toMatchObject({ ...phone, visibility: "public" });
      await gone(benefit);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { body: { ...phone, description: "ab" } })).toBe(422);
    },
  },
  "benefits:get": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const benefit = await made();
      expect(await call(organizationToken(), { path: { id: benefit.id } })).toMatchObject({ id: benefit.id, ...phone });
      await gone(benefit);
    },
    errors: (as) => notFound(as),
  },
  "benefits:update": {
    who: "organization",
    sample: { path: { id: NOBODY }, body: { type: "custom" } },
    async success({ call }) {
      const benefit = await made();
      const body = { type: "custom", description: "Support by mail" };
      const changed = await call(organizationToken(), { path: { id: benefit.id }, body });
      expect(changed).toMatchObject({ ...phone, ...body });
      await gone(benefit);
    },
    errors: (as) => notFound(as, { body: { type: "custom" } }),
  },
  "benefits:delete": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const benefit = await made();
      await call(organizationToken(), { path: { id: benefit.id } });
      await expect(ask("GET", `/${benefit.id}`)).rejects.toThrow("404");
    },
    errors: (as) => notFound(as),
  },
};
