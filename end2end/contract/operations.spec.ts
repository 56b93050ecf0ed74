// Every operation of the HTTP API through the published clients: success and error, by each role.

import { expect, test } from "@playwright/test";
import { renews, takeCustomer, type Customer, type Member } from "../lib/customers.ts";
import { demo } from "../lib/demo.ts";
import { clients, refusal, type Client, type Found } from "./clients.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";

const paying = (customer: Customer) =>
  customer.subscriptions.filter((one) => renews(one) && !one.is_changing).length === 1 && customer.subscriptions.length === 1 && customer.methods.length === 1;
const isTeam = (customer: Customer) =>
  customer.type === "team" && ["owner", "billing_manager", "member"].every((role) => customer.members.some((member) => member.role === role)) &&
  customer.subscriptions.length > 0;

async function customerSession(client: Client, customer: Customer): Promise<Found> {
  return client.createSession(demo().access_token, { customer_id: customer.customer_id });
}

async function token(client: Client, customer: Customer): Promise<string> {
  return (await customerSession(client, customer)).token;
}

async function memberToken(client: Client, customer: Customer, role: Member["role"]): Promise<string> {
  const member = customer.members.find((one) => one.role === role);
  if (member === undefined) throw new Error(`no ${role}`);
  return (await client.createSession(demo().access_token, { customer_id: customer.customer_id, member_id: member.member_id })).token;
}

const operations: Record<string, (client: Client) => Promise<void>> = {
  "customerSessions.create": async (client) => {
    const customer = takeCustomer(paying);
    const session = await client.createSession(demo().access_token, { customer_id: customer.customer_id, return_url: "https://app.example.com/" });
    expect(session.token).toMatch(/^foyer_cst_/);
    expect(session.customer.email).toBe(customer.email);
    expect(session.customer_portal_url).not.toContain(session.token);
    expect(await refusal(client.createSession(demo().access_token, { customer_id: NOBODY }))).toBe(422);
    expect(await refusal(client.createSession("foyer_oat_nobody", { customer_id: customer.customer_id }))).toBe(401);
    expect(await refusal(client.createSession(session.token, { customer_id: customer.customer_id }))).toBe(401);
  },
  "customerPortal.customerSession.introspect": async (client) => {
    const own = await token(client, takeCustomer(paying));
    expect(Date.parse((await client.introspect(own)).expires_at)).toBeGreaterThan(Date.now());
    expect(await refusal(client.introspect("garbage"))).toBe(401);
  },
  "customerPortal.customerSession.getAuthenticatedUser": async (client) => {
    const team = takeCustomer(isTeam, { ordinary: false });
    expect(await client.user(await token(client, team))).toMatchObject({ type: "customer", customer_id: team.customer_id, role: null });
    for (const role of ["owner", "billing_manager", "member"] as const) {
      expect(await client.user(await memberToken(client, team, role))).toMatchObject({ type: "member", role });
    }
    expect(await refusal(client.user("foyer_mst_nobody"))).toBe(401);
  },
  "customerPortal.customers.get": async (client) => {
    const customer = takeCustomer(paying);
    expect(await client.me(await token(client, customer))).toMatchObject({ id: customer.customer_id, email: customer.email });
    expect(await refusal(client.me(demo().access_token))).toBe(401);
  },
  "customerPortal.customers.update": async (client) => {
    const own = await token(client, takeCustomer(paying));
    const billing_address = { line1: "Hauptstr. 1", postal_code: "10115", city: "Berlin", country: "DE" };
    const changed = await client.updateMe(own, { billing_name: "Contract GmbH", billing_address, tax_id: "DE129273398" });
    expect(changed).toMatchObject({ billing_name: "Contract GmbH", tax_id: ["DE129273398", "eu_vat"] });
    expect(await refusal(client.updateMe(own, { tax_id: "nonsense" }))).toBe(422);
    const team = takeCustomer(isTeam, { ordinary: false });
    expect(await refusal(client.updateMe(await memberToken(client, team, "member"), { billing_name: "x" }))).toBe(403);
  },
  "customerPortal.customers.listPaymentMethods": async (client) => {
    const customer = takeCustomer(paying);
    const list = await client.paymentMethods(await token(client, customer));
    expect(list.pagination.total_count).toBe(1);
    expect(list.items[0]).toMatchObject({ id: customer.methods[0]?.payment_method_id, type: "card" });
    expect(list.items[0].method_metadata.last4).toMatch(/^\d{4}$/);
    const team = takeCustomer(isTeam, { ordinary: false });
    expect(await refusal(client.paymentMethods(await memberToken(client, team, "member")))).toBe(403);
  },
  "customerPortal.customers.deletePaymentMethod": async (client) => {
    const customer = takeCustomer(paying);
    const own = await token(client, customer);
    const [method] = customer.methods;
    const [subscription] = customer.subscriptions;
    if (method === undefined || subscription === undefined) throw new Error("the customer pays nothing");
    expect(await refusal(client.deletePaymentMethod(own, method.payment_method_id))).toBe(400);
    await client.cancelSubscription(own, subscription.subscription_id);
    await client.deletePaymentMethod(own, method.payment_method_id);
    expect(await refusal(client.deletePaymentMethod(own, method.payment_method_id))).toBe(404);
  },
  "customerPortal.organizations.get": async (client) => {
    const { slug, id } = demo().organization;
    const found = await client.organization(slug);
    expect(found.organization).toMatchObject({ id, slug });
    expect(found.products.length).toBeGreaterThan(2);
    expect(await refusal(client.organization("nobody-there"))).toBe(404);
  },
  "customerPortal.subscriptions.list": async (client) => {
    const customer = takeCustomer(paying);
    const own = await token(client, customer);
    const list = await client.subscriptions(own, { active: true, sorting: ["-started_at"], limit: 5 });
    expect(list.items.map(({ id }: Found) => id)).toEqual(customer.subscriptions.map(({ subscription_id }) => subscription_id));
    expect(list.items[0].product.organization.slug).toBe(demo().organization.slug);
    expect((await client.subscriptions(own, { product_id: [NOBODY] })).pagination).toEqual({ total_count: 0, max_page: 0 });
    expect(await refusal(client.subscriptions("garbage", {}))).toBe(401);
  },
  "customerPortal.subscriptions.get": async (client) => {
    const customer = takeCustomer(paying);
    const own = await token(client, customer);
    const id = customer.subscriptions[0]?.subscription_id ?? "";
    expect(await client.subscription(own, id)).toMatchObject({ id, status: "active", pending_update: null });
    expect(await refusal(client.subscription(own, NOBODY))).toBe(404);
    expect(await refusal(client.subscription(await token(client, takeCustomer(paying)), id))).toBe(404);
  },
  "customerPortal.subscriptions.update": async (client) => {
    const customer = takeCustomer(paying);
    const own = await token(client, customer);
    const id = customer.subscriptions[0]?.subscription_id ?? "";
    const canceled = await client.updateSubscription(own, id, { cancel_at_period_end: true, cancellation_reason: "unused" });
    expect(canceled).toMatchObject({ cancel_at_period_end: true, customer_cancellation_reason: "unused" });
    const kept = await client.updateSubscription(own, id, { cancel_at_period_end: false });
    expect(kept).toMatchObject({ cancel_at_period_end: false, ends_at: null });
    expect(await refusal(client.updateSubscription(own, id, { product_id: NOBODY }))).toBe(422);
    expect(await refusal(client.updateSubscription(own, NOBODY, { cancel_at_period_end: true }))).toBe(404);
  },
  "customerPortal.subscriptions.cancel": async (client) => {
    const customer = takeCustomer(paying);
    const own = await token(client, customer);
    const id = customer.subscriptions[0]?.subscription_id ?? "";
    expect(await client.cancelSubscription(own, id)).toMatchObject({ id, status: "active", cancel_at_period_end: true });
    expect(await refusal(client.cancelSubscription(own, id))).toBe(403);
  },
  "customerPortal.orders.list": async (client) => {
    const customer = takeCustomer((one) => paying(one) && one.orders.length > 0);
    const list = await client.orders(await token(client, customer), { limit: 100, product_billing_type: "recurring" });
    expect(list.items.map(({ id }: Found) => id).sort()).toEqual(customer.orders.map(({ order_id }) => order_id).sort());
    expect(list.pagination.total_count).toBe(customer.orders.length);
    const team = takeCustomer(isTeam, { ordinary: false });
    expect(await refusal(client.orders(await memberToken(client, team, "member"), {}))).toBe(403);
    expect((await client.orders(await memberToken(client, team, "billing_manager"), {})).items).toBeInstanceOf(Array);
  },
  "customerPortal.orders.get": async (client) => {
    const customer = takeCustomer((one) => paying(one) && one.orders.length > 0);
    const own = await token(client, customer);
    const [order] = customer.orders;
    const found = await client.order(own, order?.order_id ?? "");
    expect(found).toMatchObject({ id: order?.order_id, total_amount: order?.total_minor, status: order?.status });
    expect(found.items.length).toBeGreaterThan(0);
    expect(await refusal(client.order(own, NOBODY))).toBe(404);
  },
  "customerPortal.orders.getPaymentStatus": async (client) => {
    const customer = takeCustomer((one) => paying(one) && one.orders.length > 0);
    const own = await token(client, customer);
    const found = await client.paymentStatus(own, customer.orders[0]?.order_id ?? "");
    expect(["no_payment", "pending", "succeeded", "failed"]).toContain(found.status);
    expect(await refusal(client.paymentStatus(own, NOBODY))).toBe(404);
  },
  "customerPortal.orders.confirmRetryPayment": async (client) => {
    const customer = takeCustomer((one) => paying(one) && one.orders.some(({ status }) => status === "paid"));
    const own = await token(client, customer);
    const paid = customer.orders.find(({ status }) => status === "paid")?.order_id ?? "";
    const body = { payment_method_id: customer.methods[0]?.payment_method_id };
    expect(await refusal(client.confirmPayment(own, paid, body))).toBe(422);
    expect(await refusal(client.confirmPayment(own, NOBODY, body))).toBe(404);
  },
};

for (const client of clients) {
  test.describe(client.name, () => {
    for (const [operation, check] of Object.entries(operations)) {
      test(operation, () => check(client));
    }
  });
}
