// What the portal's pages can do beyond Polar's API.

import { expect, memberSession, NOBODY, paying, session, takeCustomer, takeTeam, type Customer, type Found, type Operations } from "./frame.ts";

const firstOf = (customer: Customer) => customer.subscriptions[0]?.subscription_id ?? "";
const paidUp = (customer: Customer) => paying(customer) && customer.orders.every(({ status }) => status === "paid");
const cancelNow = (customer: Customer) => ({ subscription_id: firstOf(customer), kind: "cancel_now", cancellation_reason: "unused" });

export const operations: Operations = {
  "customer_portal:quotes:create": {
    who: "billing",
    sample: { body: { subscription_id: NOBODY, kind: "cancel_now" } },
    async success({ call }) {
      const customer = takeCustomer(paidUp);
      const quote = await call(await session(customer), { body: cancelNow(customer) });
      expect(quote).toMatchObject({ subscription_id: firstOf(customer), kind: "cancel_now", timing: "now", next_charge: null });
    },
    async errors({ refused }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      expect(await refused(own, { body: { subscription_id: NOBODY, kind: "cancel_now" } })).toBe(404);
      expect(await refused(own, { body: { subscription_id: firstOf(customer), kind: "plan" } })).toBe(422);
      expect(await refused(own, { body: { subscription_id: firstOf(customer), kind: "resume" } })).toBe(409);
    },
  },
  "customer_portal:quotes:get": {
    who: "billing",
    sample: { path: { id: NOBODY } },
    async success({ client, call }) {
      const customer = takeCustomer(paidUp);
      const own = await session(customer);
      const quote = await client.call("customer_portal:quotes:create", own, { body: cancelNow(customer) });
      expect(await call(own, { path: { id: quote.id } })).toEqual(quote);
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:quotes:confirm": {
    who: "billing",
    sample: { path: { id: NOBODY } },
    async success({ client, call }) {
      const customer = takeCustomer(paidUp);
      const own = await session(customer);
      const { id } = await client.call("customer_portal:quotes:create", own, { body: cancelNow(customer) });
      expect(await call(own, { path: { id } })).toMatchObject({ status: "applied", subscription_id: firstOf(customer) });
    },
    async errors({ client, call, refused }) {
      const customer = takeCustomer(paidUp);
      const own = await session(customer);
      const { id } = await client.call("customer_portal:quotes:create", own, { body: cancelNow(customer) });
      await call(own, { path: { id } });
      expect(await refused(own, { path: { id } })).toBe(409);
      expect(await refused(own, { path: { id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:activity:list": {
    who: "customer",
    sample: { query: {} },
    async success({ call }) {
      const { items } = await call(await session(takeCustomer(paying)), { query: { limit: 5 } });
      expect(items.length).toBeGreaterThan(0);
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { query: { page: 0 } })).toBe(422);
    },
  },
  "customer_portal:payments:list": {
    who: "billing",
    sample: { query: {} },
    async success({ call }) {
      const { items } = await call(await session(takeCustomer(paidUp)), { query: { limit: 5 } });
      expect(items).toBeInstanceOf(Array);
    },
    async errors({ refused }) {
      expect(await refused(await memberSession(takeTeam(), "member"), { query: {} })).toBe(403);
      expect(await refused(await session(takeCustomer(paying)), { query: { order_id: "x" } })).toBe(422);
    },
  },
  "customer_portal:sessions:list": {
    who: "customer",
    sample: {},
    async success({ call }) {
      expect(await call(await session(takeCustomer(paying)))).toBeInstanceOf(Array);
    },
    async errors({ refused }) {
      expect(await refused("garbage")).toBe(401);
    },
  },
  "customer_portal:sessions:end": {
    who: "customer",
    sample: { path: { id: NOBODY } },
    async success({ client, call }) {
      const own = await session(takeCustomer(paying));
      const found = (await client.call("customer_portal:sessions:list", own)) as unknown as Found[];
      for (const { id } of found) await call(own, { path: { id } });
      expect(await client.call("customer_portal:sessions:list", own)).toEqual([]);
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:sessions:end_all": {
    who: "customer",
    sample: {},
    async success({ call }) {
      expect((await call(await session(takeCustomer(paying)))).ended_count).toBeGreaterThanOrEqual(0);
    },
    async errors({ refused }) {
      expect(await refused("garbage")).toBe(401);
    },
  },
  "customer_portal:customers:set_backup_payment_method": {
    who: "billing",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(({ methods }) => methods.some(({ is_default }) => !is_default), { ordinary: false });
      const id = customer.methods.find(({ is_default }) => !is_default)?.payment_method_id ?? "";
      await call(await session(customer), { path: { id } });
    },
    async errors({ refused }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      expect(await refused(own, { path: { id: NOBODY } })).toBe(404);
      expect(await refused(own, { path: { id: customer.methods[0]?.payment_method_id ?? "" } })).toBe(409);
    },
  },
  "customer_portal:customers:unset_backup_payment_method": {
    who: "billing",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(paying);
      await call(await session(customer), { path: { id: customer.methods[0]?.payment_method_id ?? "" } });
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:subscriptions:set_payment_method": {
    who: "billing",
    sample: { path: { id: NOBODY }, body: { payment_method_id: null } },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const body = { payment_method_id: customer.methods[0]?.payment_method_id };
      expect(await call(await session(customer), { path: { id: firstOf(customer) }, body })).toMatchObject({ id: firstOf(customer) });
    },
    async errors({ refused }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      expect(await refused(own, { path: { id: firstOf(customer) }, body: { payment_method_id: NOBODY } })).toBe(422);
      expect(await refused(own, { path: { id: NOBODY }, body: { payment_method_id: null } })).toBe(404);
    },
  },
  "customer_portal:customers:get_billing_details": {
    who: "billing",
    sample: {},
    async success({ call }) {
      expect(await call(await session(takeCustomer(paying)))).toMatchObject({ is_tax_exempt: false });
    },
    async errors({ refused }) {
      expect(await refused(await memberSession(takeTeam(), "member"))).toBe(403);
    },
  },
  "customer_portal:customers:replace_billing_details": {
    who: "billing",
    sample: { body: { name: "Contract", address: { country: "DE" } } },
    async success({ call }) {
      const address = { line1: "Hof 2", postal_code: "10115", city: "Berlin", country: "DE" };
      const body = { name: "Ada", company: "Contract GmbH", address };
      expect(await call(await session(takeCustomer(paying)), { body })).toMatchObject({ company: "Contract GmbH", tax_id: null });
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { body: { name: "Ada", address: { country: "DE" } } })).toBe(422);
    },
  },
};
