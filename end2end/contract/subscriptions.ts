import { execute } from "../lib/database.ts";
import { expect, NOBODY, organizationToken, paying, takeCustomer, type Customer, type Found, type Operations } from "./frame.ts";

const firstOf = (customer: Customer) => ({ id: customer.subscriptions[0]?.subscription_id ?? "" });
const paidUp = (customer: Customer) => paying(customer) && customer.orders.every(({ status }) => status === "paid");

export const operations: Operations = {
  "subscriptions:list": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const own = { customer_id: [customer.customer_id] };
      const list = await call(organizationToken(), { query: { ...own, active: true, sorting: ["-started_at"], limit: 5 } });
      expect(list.items.map(({ id }: Found) => id)).toEqual([firstOf(customer).id]);
      expect(list.items[0].customer.email).toBe(customer.email);
      expect((await call(organizationToken(), { query: { ...own, product_id: [NOBODY] } })).pagination).toEqual({ total_count: 0, max_page: 0 });
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "subscriptions:get": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const path = firstOf(customer);
      expect(await call(organizationToken(), { path })).toMatchObject({ ...path, status: "active", customer_id: customer.customer_id });
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "subscriptions:create": {
    who: "organization",
    sample: { body: { product_id: NOBODY, customer_id: NOBODY } },
    async success({ client, call }) {
      const customer = takeCustomer(paying);
      const path = firstOf(customer);
      const { product } = await client.call("subscriptions:get", organizationToken(), { path });
      // The only free product is the one that this makes free: of a product nobody else is looking at.
      const product_id = crypto.randomUUID();
      execute(`with made as (insert into product (organization_id, product_id, name, visibility, recurring_interval, recurring_interval_count, created_at)
          select organization_id, '${product_id}', 'Free for contract', 'private', 'month', 1, now() from product where product_id = '${product.id}'
          returning organization_id, product_id)
        insert into price (organization_id, price_id, product_id, amount_type, currency, created_at)
        select organization_id, gen_random_uuid(), product_id, 'free', 'eur', now() from made`);
      const body = { product_id, customer_id: customer.customer_id, metadata: { from: "contract" } };
      const made = await call(organizationToken(), { body });
      expect(made).toMatchObject({ status: "active", customer_id: customer.customer_id, metadata: { from: "contract" } });
    },
    async errors({ client, refused }) {
      const customer = takeCustomer(paying);
      const { product } = await client.call("subscriptions:get", organizationToken(), { path: firstOf(customer) });
      const body = { product_id: product.id, customer_id: customer.customer_id };
      expect(await refused(organizationToken(), { body })).toBe(422);
      expect(await refused(organizationToken(), { body: { ...body, product_id: NOBODY } })).toBe(422);
    },
  },
  "subscriptions:update": {
    who: "organization",
    sample: { path: { id: NOBODY }, body: { cancel_at_period_end: true } },
    async success({ call }) {
      const path = firstOf(takeCustomer(paying));
      const canceled = await call(organizationToken(), { path, body: { cancel_at_period_end: true, customer_cancellation_reason: "unused" } });
      expect(canceled).toMatchObject({ cancel_at_period_end: true, customer_cancellation_reason: "unused" });
      const kept = await call(organizationToken(), { path, body: { cancel_at_period_end: false } });
      expect(kept).toMatchObject({ cancel_at_period_end: false, ends_at: null });
      const paused = await call(organizationToken(), { path, body: { pause_at_period_end: true } });
      expect(paused).toMatchObject({ pause_at_period_end: true });
      expect(await call(organizationToken(), { path, body: { pause_at_period_end: false } })).toMatchObject({ pause_at_period_end: false });
    },
    async errors({ refused }) {
      const path = firstOf(takeCustomer(paying));
      expect(await refused(organizationToken(), { path, body: { product_id: NOBODY } })).toBe(422);
      expect(await refused(organizationToken(), { path: { id: NOBODY }, body: { cancel_at_period_end: true } })).toBe(404);
    },
  },
  "subscriptions:revoke": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const path = firstOf(takeCustomer(paidUp));
      expect(await call(organizationToken(), { path })).toMatchObject({ ...path, status: "canceled", cancel_at_period_end: false });
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "subscriptions:export": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      expect(String(await call(organizationToken(), { query: {} }))).toContain("id,customer_email,");
    },
    async errors({ refused }) {
      expect(await refused("foyer_oat_nobody", { query: {} })).toBe(401);
    },
  },
};
