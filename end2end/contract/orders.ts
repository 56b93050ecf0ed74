import { expect, NOBODY, organizationToken, paying, session, takeCustomer, type Customer, type Found, type Operations } from "./frame.ts";

const billed = (customer: Customer) => paying(customer) && customer.orders.length > 0;
const hasPaid = (customer: Customer) => paying(customer) && customer.orders.some(({ status, total_minor }) => status === "paid" && total_minor > 0);
const firstOf = (customer: Customer) => ({ id: customer.orders[0]?.order_id ?? "" });
const paidOf = (customer: Customer) => customer.orders.find(({ status, total_minor }) => status === "paid" && total_minor > 0)?.order_id ?? "";

export const operations: Operations = {
  "orders:list": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const customer = takeCustomer(billed);
      const own = { customer_id: [customer.customer_id] };
      const list = await call(organizationToken(), { query: { ...own, limit: 100, sorting: ["-created_at"] } });
      expect(list.items.map(({ id }: Found) => id).sort()).toEqual(customer.orders.map(({ order_id }) => order_id).sort());
      expect(list.items[0].customer.email).toBe(customer.email);
      expect((await call(organizationToken(), { query: { ...own, product_id: [NOBODY] } })).items).toEqual([]);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "orders:get": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(billed);
      const found = await call(organizationToken(), { path: firstOf(customer) });
      expect(found).toMatchObject({ ...firstOf(customer), customer_id: customer.customer_id, platform_fee_amount: 0 });
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "orders:update": {
    who: "organization",
    sample: { path: { id: NOBODY }, body: { billing_name: "Contract Ltd" } },
    async success({ call }) {
      const path = firstOf(takeCustomer(billed));
      expect(await call(organizationToken(), { path, body: { billing_name: "Contract Ltd" } })).toMatchObject({ billing_name: "Contract Ltd" });
    },
    async errors({ refused }) {
      const path = firstOf(takeCustomer(billed));
      expect(await refused(organizationToken(), { path: { id: NOBODY }, body: { billing_name: "Contract Ltd" } })).toBe(404);
      expect(await refused(organizationToken(), { path, body: { billing_name: "x".repeat(257) } })).toBe(422);
    },
  },
  "orders:export": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      expect(String(await call(organizationToken(), { query: {} }))).toContain("id,created_at,status,");
    },
    async errors({ refused }) {
      expect(await refused("foyer_oat_nobody", { query: {} })).toBe(401);
    },
  },
  "orders:pay_link": {
    who: "organization",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer((one) => one.orders.some(({ status }) => status === "pending"), { ordinary: false });
      const id = customer.orders.find(({ status }) => status === "pending")?.order_id ?? "";
      const { url } = await call(organizationToken(), { path: { id } });
      expect((await fetch(url)).status).toBe(200);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { path: { id: NOBODY } })).toBe(404);
      expect(await refused(organizationToken(), { path: { id: paidOf(takeCustomer(hasPaid)) } })).toBe(409);
    },
  },
  "customer_portal:orders:update": {
    who: "billing",
    sample: { path: { id: NOBODY }, body: { billing_name: "Contract Ltd" } },
    async success({ call }) {
      const customer = takeCustomer(billed);
      const body = { billing_name: "Contract Ltd" };
      expect(await call(await session(customer), { path: firstOf(customer), body })).toMatchObject({ ...firstOf(customer), ...body });
    },
    async errors({ refused }) {
      const own = await session(takeCustomer(billed));
      const body = { billing_name: "Contract Ltd" };
      expect(await refused(own, { path: { id: NOBODY }, body })).toBe(404);
      expect(await refused(own, { path: firstOf(takeCustomer(billed)), body })).toBe(404);
    },
  },
  "refunds:list": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const list = await call(organizationToken(), { query: { limit: 5, sorting: ["-created_at"] } });
      expect(list.items).toBeInstanceOf(Array);
      expect((await call(organizationToken(), { query: { order_id: [NOBODY] } })).pagination).toEqual({ total_count: 0, max_page: 0 });
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "refunds:create": {
    who: "organization",
    sample: { body: { order_id: NOBODY, reason: "other", amount: 1 } },
    async success({ call }) {
      const customer = takeCustomer(hasPaid);
      const body = { order_id: paidOf(customer), reason: "customer_request", amount: 100, comment: "contract", metadata: { from: "contract" } };
      const made = await call(organizationToken(), { body });
      expect(made).toMatchObject({ order_id: body.order_id, amount: 100, reason: "customer_request", metadata: { from: "contract" } });
    },
    async errors({ refused }) {
      const order_id = paidOf(takeCustomer(hasPaid));
      expect(await refused(organizationToken(), { body: { order_id, reason: "other", amount: 100_000_000 } })).toBe(422);
      expect(await refused(organizationToken(), { body: { order_id: NOBODY, reason: "other", amount: 1 } })).toBe(422);
    },
  },
};
