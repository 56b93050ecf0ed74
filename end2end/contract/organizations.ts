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
      const { customer_email_settings: mails, ...changed } = await call(organizationToken(), { path: { id }, body });
      expect(changed).toMatchObject({ id, name, subscription_settings });
      // 0.49.0 neither sends nor tells the mails that it does not know: those stay as they are.
      expect(mails.order_confirmation).toBe(customer_email_settings.order_confirmation);
      expect(customer_email_settings).toMatchObject(mails);
      expect(await own()).toMatchObject({ id, ...body });
    },
    async errors({ refused }) {
      const { id } = await own();
      expect(await refused(organizationToken(), { path: { id }, body: { sso_enforced: true } })).toBe(422);
      expect(await refused(organizationToken(), { path: { id: NOBODY }, body: { sso_enforced: false } })).toBe(404);
    },
  },
};
