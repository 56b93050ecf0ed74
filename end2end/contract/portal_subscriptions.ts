import { demo } from "../lib/demo.ts";
import { expect, NOBODY, paying, session, takeCustomer, type Customer, type Found, type Operations } from "./frame.ts";

const firstOf = (customer: Customer) => ({ id: customer.subscriptions[0]?.subscription_id ?? "" });

export const operations: Operations = {
  "customer_portal:subscriptions:list": {
    who: "customer",
    sample: { query: {} },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      const list = await call(own, { query: { active: true, sorting: ["-started_at"], limit: 5 } });
      expect(list.items.map(({ id }: Found) => id)).toEqual(customer.subscriptions.map(({ subscription_id }) => subscription_id));
      expect(list.items[0].product.organization.slug).toBe(demo().organization.slug);
      expect((await call(own, { query: { product_id: [NOBODY] } })).pagination).toEqual({ total_count: 0, max_page: 0 });
    },
    async errors({ refused }) {
      expect(await refused("garbage", { query: {} })).toBe(401);
    },
  },
  "customer_portal:subscriptions:get": {
    who: "customer",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const path = firstOf(customer);
      expect(await call(await session(customer), { path })).toMatchObject({ ...path, status: "active", pending_update: null });
    },
    async errors({ refused }) {
      const own = await session(takeCustomer(paying));
      expect(await refused(own, { path: { id: NOBODY } })).toBe(404);
      expect(await refused(own, { path: firstOf(takeCustomer(paying)) })).toBe(404);
    },
  },
  "customer_portal:subscriptions:update": {
    who: "billing",
    sample: { path: { id: NOBODY }, body: { cancel_at_period_end: true } },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      const path = firstOf(customer);
      const canceled = await call(own, { path, body: { cancel_at_period_end: true, cancellation_reason: "unused" } });
      expect(canceled).toMatchObject({ cancel_at_period_end: true, customer_cancellation_reason: "unused" });
      const kept = await call(own, { path, body: { cancel_at_period_end: false } });
      expect(kept).toMatchObject({ cancel_at_period_end: false, ends_at: null });
    },
    async errors({ refused }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      expect(await refused(own, { path: firstOf(customer), body: { product_id: NOBODY } })).toBe(422);
      expect(await refused(own, { path: { id: NOBODY }, body: { cancel_at_period_end: true } })).toBe(404);
    },
  },
  "customer_portal:subscriptions:cancel": {
    who: "billing",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const path = firstOf(customer);
      expect(await call(await session(customer), { path })).toMatchObject({ ...path, status: "active", cancel_at_period_end: true });
    },
    async errors({ call, refused }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      await call(own, { path: firstOf(customer) });
      expect(await refused(own, { path: firstOf(customer) })).toBe(403);
      expect(await refused(own, { path: { id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:subscriptions:charge_preview": {
    who: "customer",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const found = await call(await session(customer), { path: firstOf(customer) });
      expect(found.total_amount).toBeGreaterThan(0);
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:subscriptions:cancel_preview": {
    who: "customer",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(paying);
      expect(await call(await session(customer), { path: firstOf(customer) })).toBeInstanceOf(Object);
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:subscriptions:change_preview": {
    who: "billing",
    sample: { path: { id: NOBODY }, body: { product_id: NOBODY } },
    async success({ client, call }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      const path = firstOf(customer);
      const { product, currency } = await client.call("customer_portal:subscriptions:get", own, { path });
      const { products } = await client.call("customer_portal:organizations:get", "", { path: { slug: demo().organization.slug } });
      const fits = ({ id, recurring_interval, prices }: Found) =>
        id !== product.id && recurring_interval === product.recurring_interval && prices.some((price: Found) => price.price_currency === currency);
      const preview = await call(own, { path, body: { product_id: products.find(fits).id } });
      expect(preview.due_amount).toBeGreaterThanOrEqual(0);
    },
    async errors({ refused }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      expect(await refused(own, { path: { id: NOBODY }, body: { product_id: NOBODY } })).toBe(404);
      expect(await refused(own, { path: firstOf(customer), body: { product_id: NOBODY } })).toBe(422);
    },
  },
  "customer_portal:subscriptions:revoke": {
    who: "billing",
    sample: { path: { id: NOBODY }, body: {} },
    async success({ call }) {
      const customer = takeCustomer((one) => paying(one) && one.orders.every(({ status }) => status === "paid"));
      const body = { cancellation_reason: "too_expensive" };
      const ended = await call(await session(customer), { path: firstOf(customer), body });
      expect(ended).toMatchObject({ ...firstOf(customer), status: "canceled", customer_cancellation_reason: "too_expensive" });
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { path: { id: NOBODY }, body: {} })).toBe(404);
    },
  },
};
