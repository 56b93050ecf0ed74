import { baseUrl } from "../lib/demo.ts";
import { expect, NOBODY, organizationToken, type Caller, type Found, type Operations } from "./frame.ts";

const ask = async (method: string, path: string, body?: Found): Promise<Found> => {
  const headers = { authorization: `Bearer ${organizationToken()}`, "content-type": "application/json" };
  const answer = await fetch(`${baseUrl()}/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? {} : ((await answer.json()) as Found);
};

// Drafts: nobody is offered them.
const draft = (name: string) => ({
  name,
  visibility: "draft",
  recurring_interval: "month",
  recurring_interval_count: 1,
  metadata: { made_by: "contract" },
  prices: [{ amount_type: "fixed", price_currency: "eur", price_amount: 2900 }],
});
const made = () => ask("POST", "/products", draft("A product of the contract"));
const gone = (product: Found) => ask("DELETE", `/products/${product.id}`);

async function notFound({ refused }: Caller, rest: Found = {}): Promise<void> {
  expect(await refused(organizationToken(), { path: { id: NOBODY }, ...rest })).toBe(404);
  expect(await refused(organizationToken(), { path: { id: "no-uuid" }, ...rest })).toBe(422);
}

export const operations: Operations = {
  "products:list": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const product = await made();
      const list = await call(organizationToken(), { query: { limit: 100, query: "of the contract", visibility: ["draft"] } });
      expect(list.items.map(({ id }: Found) => id)).toContain(product.id);
      await gone(product);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "products:create": {
    who: "organization",
    sample: { body: { ...draft("Refused"), organization_id: NOBODY } },
    async success({ call }) {
      const tiers = [
        { min_seats: 1, max_seats: 9, price_per_seat: 1000 },
        { min_seats: 10, price_per_seat: 800 },
      ];
      const perSeat = { amount_type: "seat_based", price_currency: "usd", seat_tiers: { seat_tier_type: "graduated", tiers } };
      const body = draft("Another of the contract");
      const product = await call(organizationToken(), { body: { ...body, prices: [...body.prices, perSeat] } });
      expect(product).toMatchObject({ name: body.name, visibility: "draft", metadata: body.metadata, is_archived: false });
      expect(product.prices.map(({ amount_type }: Found) => amount_type)).toEqual(["fixed", "seat_based"]);
      await gone(product);
    },
    async errors({ refused }) {
      const prices = [...draft("Twice").prices, ...draft("Twice").prices];
      expect(await refused(organizationToken(), { body: { ...draft("Twice"), prices } })).toBe(422);
    },
  },
  "products:get": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const product = await made();
      expect(await call(organizationToken(), { path: { id: product.id } })).toMatchObject({ id: product.id, name: product.name });
      await gone(product);
    },
    errors: (as) => notFound(as),
  },
  "products:update": {
    who: "organization",
    sample: { path: { id: NOBODY }, body: {} },
    async success({ call }) {
      const product = await made();
      const price = { amount_type: "fixed", price_currency: "eur", price_amount: 3900 };
      const body = { name: "A dearer one of the contract", is_archived: true, prices: [price] };
      const changed = await call(organizationToken(), { path: { id: product.id }, body });
      expect(changed).toMatchObject({ name: body.name, is_archived: true });
      expect(changed.prices).toHaveLength(1);
      expect(changed.prices[0]).toMatchObject({ price_amount: 3900 });
      await gone(product);
    },
    errors: (as) => notFound(as, { body: { is_archived: true } }),
  },
  "products:delete": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const product = await made();
      await call(organizationToken(), { path: { id: product.id } });
      await expect(ask("GET", `/products/${product.id}`)).rejects.toThrow("404");
    },
    async errors(as) {
      const { items } = await ask("GET", "/products?limit=100&is_recurring=true&visibility=public");
      const sold = items.find(({ is_deletable }: Found) => !is_deletable);
      expect(await as.refused(organizationToken(), { path: { id: sold.id } })).toBe(403);
      await notFound(as);
    },
  },
  "products:update_benefits": {
    who: "organization",
    sample: { path: { id: NOBODY }, body: { benefits: [] } },
    async success({ call }) {
      const product = await made();
      const benefit = await ask("POST", "/benefits", { type: "custom", description: "Of the contract", properties: {} });
      const changed = await call(organizationToken(), { path: { id: product.id }, body: { benefits: [benefit.id] } });
      expect(changed.benefits.map(({ id }: Found) => id)).toEqual([benefit.id]);
      await gone(product);
      await ask("DELETE", `/benefits/${benefit.id}`);
    },
    errors: (as) => notFound(as, { body: { benefits: [] } }),
  },
};
