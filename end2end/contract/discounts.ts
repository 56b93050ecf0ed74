import { baseUrl } from "../lib/demo.ts";
import { expect, NOBODY, organizationToken, type Caller, type Found, type Operations } from "./frame.ts";

const ask = async (method: string, path: string, body?: Found): Promise<Found> => {
  const headers = { authorization: `Bearer ${organizationToken()}`, "content-type": "application/json" };
  const answer = await fetch(`${baseUrl()}/v1/discounts${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? {} : ((await answer.json()) as Found);
};

const quarter = { type: "percentage", name: "Of the contract", duration: "repeating", duration_in_months: 3, basis_points: 2500 };
const made = () => ask("POST", "", quarter);
const gone = (discount: Found) => ask("DELETE", `/${discount.id}`);

async function notFound({ refused }: Caller, rest: Found = {}): Promise<void> {
  expect(await refused(organizationToken(), { path: { id: NOBODY }, ...rest })).toBe(404);
  expect(await refused(organizationToken(), { path: { id: "no-uuid" }, ...rest })).toBe(422);
}

export const operations: Operations = {
  "discounts:list": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const discount = await made();
      const list = await call(organizationToken(), { query: { limit: 100, query: "of the contract" } });
      expect(list.items.map(({ id }: Found) => id)).toContain(discount.id);
      await gone(discount);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "discounts:create": {
    who: "organization",
    sample: { body: { ...quarter, organization_id: NOBODY } },
    async success({ call }) {
      const discount = await call(organizationToken(), { body: { ...quarter, max_redemptions: 10 } });
      expect(discount).toMatchObject({ ...quarter, max_redemptions: 10, redemptions_count: 0, products: [] });
      await gone(discount);
      const fixed = await call(organizationToken(), {
        body: { type: "fixed", name: "Ten", duration: "once", amount: 1000, currency: "eur" },
      });
      expect(fixed).toMatchObject({ type: "fixed", amount: 1000, currency: "eur" });
      await gone(fixed);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { body: { ...quarter, basis_points: 10_001 } })).toBe(422);
    },
  },
  "discounts:get": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const discount = await made();
      expect(await call(organizationToken(), { path: { id: discount.id } })).toMatchObject({ id: discount.id, ...quarter });
      await gone(discount);
    },
    errors: (as) => notFound(as),
  },
  "discounts:update": {
    who: "organization",
    sample: { path: { id: NOBODY }, body: {} },
    async success({ call }) {
      const discount = await made();
      const changed = await call(organizationToken(), { path: { id: discount.id }, body: { name: "Of the contract, half", basis_points: 5000 } });
      expect(changed).toMatchObject({ name: "Of the contract, half", basis_points: 5000, duration_in_months: 3 });
      await gone(discount);
    },
    errors: (as) => notFound(as, { body: { name: "Other" } }),
  },
  "discounts:delete": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const discount = await made();
      await call(organizationToken(), { path: { id: discount.id } });
      await expect(ask("GET", `/${discount.id}`)).rejects.toThrow("404");
    },
    errors: (as) => notFound(as),
  },
};
