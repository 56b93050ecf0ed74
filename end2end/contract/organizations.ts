import { baseUrl } from "../lib/demo.ts";
import { expect, NOBODY, organizationToken, type Found, type Operations } from "./frame.ts";

async function own(): Promise<Found> {
  const answer = await fetch(`${baseUrl()}/v1/organizations`, { headers: { authorization: `Bearer ${organizationToken()}` } });
  const { items } = (await answer.json()) as Found;
  return items[0];
}

export const operations: Operations = {
  "organizations:list": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const { slug } = await own();
      expect((await call(organizationToken(), { query: { slug } })).items).toMatchObject([{ slug, status: "active" }]);
      expect((await call(organizationToken(), { query: { slug: "nobody" } })).items).toEqual([]);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "organizations:get": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const { id, slug, name } = await own();
      expect(await call(organizationToken(), { path: { id } })).toMatchObject({ id, slug, name });
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "organizations:update": {
    who: "organization",
    sample: { path: { id: NOBODY }, body: {} },
    async success({ call }) {
      // As it is: the same organization serves the other tests.
      const { id, name, subscription_settings, customer_email_settings } = await own();
      const body = { name, subscription_settings, customer_email_settings };
      expect(await call(organizationToken(), { path: { id }, body })).toMatchObject({ id, ...body });
    },
    async errors({ refused }) {
      const { id } = await own();
      expect(await refused(organizationToken(), { path: { id }, body: { sso_enforced: true } })).toBe(422);
      expect(await refused(organizationToken(), { path: { id: NOBODY }, body: { sso_enforced: false } })).toBe(404);
    },
  },
};
