import { plain } from "./clients/plain.ts";
import { expect, memberSession, NOBODY, organizationToken, paying, session, takeCustomer, takeTeam, type Operations } from "./frame.ts";

const adding = (return_url: string) => ({ confirmation_token_id: "", set_default: false, return_url });
const billing_address = { line1: "Hauptstr. 1", postal_code: "10115", city: "Berlin", country: "DE" };

export const operations: Operations = {
  "customer_portal:customers:get": {
    who: "customer",
    sample: {},
    async success({ call }) {
      const customer = takeCustomer(paying);
      expect(await call(await session(customer))).toMatchObject({ id: customer.customer_id, email: customer.email });
    },
    async errors({ refused }) {
      expect(await refused(organizationToken())).toBe(401);
    },
  },
  "customer_portal:customers:update": {
    who: "billing",
    sample: { body: { billing_name: "Sample GmbH", billing_address } },
    async success({ call }) {
      const own = await session(takeCustomer(paying));
      const body = { billing_name: "Contract GmbH", billing_address, tax_id: "DE129273398" };
      expect(await call(own, { body })).toMatchObject({ billing_name: "Contract GmbH", tax_id: ["DE129273398", "eu_vat"] });
    },
    async errors({ refused }) {
      const body = { billing_name: "Contract GmbH", billing_address, tax_id: "nonsense" };
      expect(await refused(await session(takeCustomer(paying)), { body })).toBe(422);
      expect(await refused(await memberSession(takeTeam(), "member"), { body: { billing_name: "x" } })).toBe(403);
    },
  },
  "customer_portal:customers:list_payment_methods": {
    who: "billing",
    sample: { query: {} },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const list = await call(await session(customer), { query: { limit: 5 } });
      expect(list.pagination.total_count).toBe(1);
      expect(list.items[0]).toMatchObject({ id: customer.methods[0]?.payment_method_id, type: "card" });
      expect(list.items[0].method_metadata.last4).toMatch(/^\d{4}$/);
    },
    async errors({ refused }) {
      expect(await refused(await memberSession(takeTeam(), "member"), { query: {} })).toBe(403);
    },
  },
  "customer_portal:customers:delete_payment_method": {
    who: "billing",
    sample: { path: { id: NOBODY } },
    async success({ client, call }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      const id = customer.subscriptions[0]?.subscription_id ?? "";
      await client.call("customer_portal:subscriptions:cancel", own, { path: { id } });
      await call(own, { path: { id: customer.methods[0]?.payment_method_id ?? "" } });
      const list = await client.call("customer_portal:customers:list_payment_methods", own, { query: {} });
      expect(list.pagination.total_count).toBe(0);
    },
    async errors({ refused }) {
      const customer = takeCustomer(paying);
      const own = await session(customer);
      expect(await refused(own, { path: { id: customer.methods[0]?.payment_method_id ?? "" } })).toBe(400);
      expect(await refused(own, { path: { id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:customers:add_payment_method": {
    who: "billing",
    sample: { body: adding("no address") },
    async success({ call }) {
      const begun = await call(await session(takeCustomer(paying)), { body: adding("https://app.example.com/billing") });
      expect(begun).toMatchObject({ status: "requires_action" });
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { body: adding("no address") })).toBe(422);
    },
  },
  "customer_portal:customers:confirm_payment_method": {
    who: "billing",
    sample: { body: { setup_intent_id: NOBODY, set_default: false } },
    async success({ call }) {
      const own = await session(takeCustomer(paying));
      // The published clients know no id of what was begun.
      const body = adding("https://app.example.com/billing");
      const { setup_intent_id } = await plain.call("customer_portal:customers:add_payment_method", own, { body });
      expect(await call(own, { body: { setup_intent_id, set_default: false } })).toMatchObject({ status: "requires_action" });
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { body: { setup_intent_id: NOBODY, set_default: false } })).toBe(422);
    },
  },
  "customer_portal:customers:export": {
    who: "billing",
    sample: {},
    async success({ call }) {
      const customer = takeCustomer(paying);
      const all = await call(await session(customer));
      expect(all.customer.id).toBe(customer.customer_id);
      expect(all.subscriptions[0].id).toBe(customer.subscriptions[0]?.subscription_id);
    },
    async errors({ refused }) {
      expect(await refused(await memberSession(takeTeam(), "member"))).toBe(403);
    },
  },
  "customer_portal:customers:stream": {
    who: "customer",
    sample: {},
    async success({ call }) {
      expect((await call(await session(takeCustomer(paying)))).type).toBe("text/event-stream");
    },
    async errors({ refused }) {
      expect(await refused(organizationToken())).toBe(401);
    },
  },
};
