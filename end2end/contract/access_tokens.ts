import { baseUrl } from "../lib/demo.ts";
import { expect, NOBODY, organizationToken, type Found, type Operations } from "./frame.ts";

const ask = async (method: string, path: string, body?: Found): Promise<Found> => {
  const headers = { authorization: `Bearer ${organizationToken()}`, "content-type": "application/json" };
  const url = `${baseUrl()}/v1/organization-access-tokens${path}`;
  const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? {} : ((await answer.json()) as Found);
};

const made = async (): Promise<Found> => (await ask("POST", "", { comment: "contract", scopes: ["orders:read"] })).organization_access_token;
const gone = (token: Found) => ask("DELETE", `/${token.id}`);

export const operations: Operations = {
  "organization_access_tokens:list": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const token = await made();
      const list = await call(organizationToken(), { query: { limit: 100 } });
      expect(list.items.map(({ id }: Found) => id)).toContain(token.id);
      await gone(token);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "organization_access_tokens:create": {
    who: "organization",
    sample: { body: { comment: "contract", scopes: [], organization_id: NOBODY } },
    async success({ call }) {
      const made = await call(organizationToken(), { body: { comment: "contract", scopes: ["orders:read"], expires_in: "P1D" } });
      expect(made.token).toMatch(/^foyer_oat_/);
      expect(made.organization_access_token).toMatchObject({ comment: "contract", scopes: ["orders:read"] });
      await gone(made.organization_access_token);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { body: { comment: "", scopes: [] } })).toBe(422);
    },
  },
  "organization_access_tokens:update": {
    who: "organization",
    sample: { path: { id: NOBODY }, body: {} },
    async success({ call }) {
      const token = await made();
      const body = { comment: "contract 2", scopes: ["orders:write"] };
      expect(await call(organizationToken(), { path: { id: token.id }, body })).toMatchObject({ id: token.id, ...body });
      await gone(token);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { path: { id: NOBODY }, body: { comment: "x" } })).toBe(404);
    },
  },
  "organization_access_tokens:delete": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const token = await made();
      await call(organizationToken(), { path: { id: token.id } });
      await expect(gone(token)).rejects.toThrow("404");
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { path: { id: NOBODY } })).toBe(404);
    },
  },
};
