import { behaves } from "../lib/charges.ts";
import { expect, memberSession, NOBODY, paying, session, takeCustomer, takeTeam, type Customer, type Found, type Operations } from "./frame.ts";

const billed = (customer: Customer) => paying(customer) && customer.orders.length > 0;
const owing = (customer: Customer) => customer.methods.length > 0 && customer.orders.some(({ status }) => status === "pending");
const hasPaid = (customer: Customer) => paying(customer) && customer.orders.some(({ status }) => status === "paid");

export const operations: Operations = {
  "customer_portal:orders:list": {
    who: "billing",
    sample: { query: {} },
    async success({ call }) {
      const customer = takeCustomer(billed);
      const list = await call(await session(customer), { query: { limit: 100, product_billing_type: "recurring" } });
      expect(list.items.map(({ id }: Found) => id).sort()).toEqual(customer.orders.map(({ order_id }) => order_id).sort());
      expect(list.pagination.total_count).toBe(customer.orders.length);
      expect((await call(await memberSession(takeTeam(), "billing_manager"), { query: {} })).items).toBeInstanceOf(Array);
    },
    async errors({ refused }) {
      expect(await refused(await memberSession(takeTeam(), "member"), { query: {} })).toBe(403);
      expect(await refused(await session(takeCustomer(billed)), { query: { page: 0 } })).toBe(422);
    },
  },
  "customer_portal:orders:get": {
    who: "billing",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(billed);
      const [order] = customer.orders;
      const found = await call(await session(customer), { path: { id: order?.order_id ?? "" } });
      expect(found).toMatchObject({ id: order?.order_id, total_amount: order?.total_minor, status: order?.status });
      expect(found.items.length).toBeGreaterThan(0);
    },
    async errors({ refused }) {
      const [mine, other] = [takeCustomer(billed), takeCustomer(billed)];
      const own = await session(mine);
      expect(await refused(own, { path: { id: NOBODY } })).toBe(404);
      expect(await refused(own, { path: { id: other.orders[0]?.order_id ?? "" } })).toBe(404);
    },
  },
  "customer_portal:orders:get_payment_status": {
    who: "billing",
    sample: { path: { id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(billed);
      const found = await call(await session(customer), { path: { id: customer.orders[0]?.order_id ?? "" } });
      expect(["no_payment", "pending", "succeeded", "failed"]).toContain(found.status);
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(billed)), { path: { id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:orders:confirm_retry_payment": {
    who: "billing",
    sample: { path: { id: NOBODY }, body: { payment_method_id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(owing, { ordinary: false });
      behaves(customer.customer_id, "approve");
      const id = customer.orders.find(({ status }) => status === "pending")?.order_id ?? "";
      const body = { payment_method_id: customer.methods[0]?.payment_method_id };
      expect(await call(await session(customer), { path: { id }, body })).toMatchObject({ status: "succeeded" });
    },
    async errors({ refused }) {
      const customer = takeCustomer(hasPaid);
      const own = await session(customer);
      const paid = customer.orders.find(({ status }) => status === "paid")?.order_id ?? "";
      const body = { payment_method_id: customer.methods[0]?.payment_method_id };
      expect(await refused(own, { path: { id: paid }, body })).toBe(422);
      expect(await refused(own, { path: { id: NOBODY }, body })).toBe(404);
    },
  },
};
