import { baseUrl } from "../lib/demo.ts";
import { expect, NOBODY, organizationToken, paying, session, takeCustomer, type Caller, type Found, type Operations } from "./frame.ts";

const ask = async (method: string, path: string, token: string, body?: Found): Promise<Found> => {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token !== "") headers.authorization = `Bearer ${token}`;
  const answer = await fetch(`${baseUrl()}/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Found;
};

/** What is sold again and again, is not per seat and costs something. */
async function product(): Promise<string> {
  const { items } = await ask("GET", "/products?is_archived=false&limit=100", organizationToken());
  const one = items.find(({ is_recurring, prices }: Found) => is_recurring && prices.some(({ price_amount }: Found) => price_amount > 0));
  if (one === undefined) throw new Error("the demo sells nothing");
  return one.id;
}

const made = async (more: Found = {}) => ask("POST", "/checkouts", organizationToken(), { products: [await product()], ...more });

const unknown = { path: { id: NOBODY } };
const nobody = { path: { client_secret: "foyer_c_nobody" } };
const secretOf = (checkout: Found) => ({ path: { client_secret: checkout.client_secret } });

const buyer = () => ({
  customer_email: `buyer-${crypto.randomUUID()}@example.com`,
  customer_billing_name: "Ada Lovelace",
  customer_billing_address: { country: "DE", line1: "Torstr. 1", postal_code: "10119", city: "Berlin" },
});

async function notFound({ refused }: Caller): Promise<void> {
  expect(await refused(organizationToken(), unknown)).toBe(404);
}

export const operations: Operations = {
  "checkouts:list": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const checkout = await made();
      const list = await call(organizationToken(), { query: { status: "open", sorting: ["-created_at"], limit: 100 } });
      expect(list.items.map(({ id }: Found) => id)).toContain(checkout.id);
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { query: {} })).toBe(401);
    },
  },
  "checkouts:create": {
    who: "organization",
    sample: { body: { products: [NOBODY] } },
    async success({ call }) {
      const products = [await product()];
      const body = { products, success_url: "https://shop.example.com/?id={CHECKOUT_ID}", metadata: { campaign: "spring" } };
      const checkout = await call(organizationToken(), { body });
      expect(checkout).toMatchObject({ status: "open", metadata: { campaign: "spring" } });
      expect(checkout.success_url).toBe(`https://shop.example.com/?id=${checkout.id}`);
      expect(checkout.url).toContain(checkout.client_secret);
      const customer = takeCustomer(paying);
      const named = await call(organizationToken(), { body: { products, customer_id: customer.customer_id } });
      expect(named).toMatchObject({ customer_id: customer.customer_id, customer_email: customer.email });
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { body: { products: [NOBODY] } })).toBe(422);
      expect(await refused(organizationToken(), { body: { products: [await product()], customer_id: NOBODY } })).toBe(422);
    },
  },
  "checkouts:get": {
    who: "organization",
    sample: unknown,
    async success({ call }) {
      const checkout = await made();
      expect(await call(organizationToken(), { path: { id: checkout.id } })).toMatchObject({ id: checkout.id, total_amount: checkout.total_amount });
    },
    errors: notFound,
  },
  "checkouts:update": {
    who: "organization",
    sample: { ...unknown, body: {} },
    async success({ call }) {
      const checkout = await made();
      const body = { customer_name: "Ada", metadata: { a: 1 } };
      expect(await call(organizationToken(), { path: { id: checkout.id }, body })).toMatchObject(body);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { ...unknown, body: {} })).toBe(404);
    },
  },
  "checkouts:client_get": {
    who: "anyone",
    sample: nobody,
    async success({ call }) {
      const checkout = await made();
      expect(await call("", secretOf(checkout))).toMatchObject({ id: checkout.id, status: "open" });
    },
    async errors({ refused }) {
      expect(await refused("", nobody)).toBe(404);
    },
  },
  "checkouts:client_update": {
    who: "anyone",
    sample: { ...nobody, body: {} },
    async success({ call }) {
      const checkout = await made();
      const body = buyer();
      const changed = await call("", { ...secretOf(checkout), body });
      expect(changed).toMatchObject({ customer_email: body.customer_email, customer_billing_name: "Ada Lovelace" });
      expect(changed.customer_billing_address).toMatchObject({ country: "DE", city: "Berlin" });
    },
    async errors({ refused }) {
      expect(await refused("", { ...nobody, body: {} })).toBe(404);
      expect(await refused("", { ...secretOf(await made()), body: { discount_code: "NOTHING" } })).toBe(422);
    },
  },
  "checkouts:client_confirm": {
    who: "anyone",
    sample: { ...nobody, body: {} },
    async success({ call }) {
      const checkout = await made();
      const confirmed = await call("", { ...secretOf(checkout), body: buyer() });
      expect(confirmed.status).toBe("confirmed");
      expect(confirmed.customer_session_token).toMatch(/^foyer_cst_/);
      expect(confirmed.payment_processor_metadata.card_url).toMatch(/^http/);
    },
    async errors({ refused }) {
      expect(await refused("", { ...nobody, body: {} })).toBe(404);
      expect(await refused("", { ...secretOf(await made()), body: {} })).toBe(422);
    },
  },
};
