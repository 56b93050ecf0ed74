// The published clients of the wire format, behind one face: what they send and read is theirs, unchanged.

import { Polar } from "polar-0-49";
import { createPolar as createPolar202604 } from "polar-1-0/2026-04";
import { createPolar as createPolar202610 } from "polar-1-0/2026-10";
import { createPolar as createPolar202701 } from "polar-1-0/2027-01";
import { baseUrl } from "../lib/demo.ts";

/** What came back, in the wire's names. */
export type Found = Record<string, any>;
export type Query = Record<string, unknown>;

export interface Client {
  name: string;
  createSession(accessToken: string, body: Found): Promise<Found>;
  introspect(token: string): Promise<Found>;
  user(token: string): Promise<Found>;
  me(token: string): Promise<Found>;
  updateMe(token: string, body: Found): Promise<Found>;
  paymentMethods(token: string): Promise<Found>;
  deletePaymentMethod(token: string, id: string): Promise<void>;
  organization(slug: string): Promise<Found>;
  subscriptions(token: string, query: Query): Promise<Found>;
  subscription(token: string, id: string): Promise<Found>;
  updateSubscription(token: string, id: string, body: Found): Promise<Found>;
  cancelSubscription(token: string, id: string): Promise<Found>;
  orders(token: string, query: Query): Promise<Found>;
  order(token: string, id: string): Promise<Found>;
  paymentStatus(token: string, id: string): Promise<Found>;
  confirmPayment(token: string, id: string, body: Found): Promise<Found>;
}

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The same value with every key renamed; instants as texts. */
function renamed(value: unknown, rename: (name: string) => string): any {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [rename(key), renamed(item, rename)]));
}

/** 0.49: checks every answer against its schema, and names things in camel case. */
function strict(): Client {
  const polar = (accessToken?: string) => new Polar({ serverURL: baseUrl(), accessToken });
  const portal = () => polar().customerPortal;
  // Both kinds of session are a plain bearer.
  const as = (token: string) => ({ customerSession: token });
  const wire = async (answer: PromiseLike<unknown>) => renamed(await answer, snake);
  const sent = (body: Found): any => renamed(body, camel);
  const page = async (answer: PromiseLike<unknown>) => (await wire(answer)).result;
  return {
    name: "0.49.0",
    createSession: (token, body) => wire(polar(token).customerSessions.create(sent(body))),
    introspect: (token) => wire(portal().customerSession.introspect(as(token))),
    user: (token) => wire(portal().customerSession.getAuthenticatedUser(as(token))),
    me: (token) => wire(portal().customers.get(as(token))),
    updateMe: (token, body) => wire(portal().customers.update(as(token), sent(body))),
    paymentMethods: (token) => page(portal().customers.listPaymentMethods(as(token), {})),
    deletePaymentMethod: async (token, id) => void (await portal().customers.deletePaymentMethod(as(token), { id })),
    organization: (slug) => wire(portal().organizations.get({ slug })),
    subscriptions: (token, query) => page(portal().subscriptions.list(as(token), sent(query))),
    subscription: (token, id) => wire(portal().subscriptions.get(as(token), { id })),
    updateSubscription: (token, id, body) => wire(portal().subscriptions.update(as(token), { id, customerSubscriptionUpdate: sent(body) })),
    cancelSubscription: (token, id) => wire(portal().subscriptions.cancel(as(token), { id })),
    orders: (token, query) => page(portal().orders.list(as(token), sent(query))),
    order: (token, id) => wire(portal().orders.get(as(token), { id })),
    paymentStatus: (token, id) => wire(portal().orders.getPaymentStatus(as(token), { id })),
    confirmPayment: (token, id, body) => wire(portal().orders.confirmRetryPayment(as(token), { id, customerOrderConfirmPayment: sent(body) })),
  };
}

/** 1.0: says which version it speaks, and reads what comes. */
function versioned(version: string, create: (options: { accessToken: string; baseUrl: string }) => any): Client {
  const polar = (accessToken: string) => create({ accessToken, baseUrl: baseUrl() });
  const portal = (token: string) => polar(token).customerPortal;
  return {
    name: `1.0.1, ${version}`,
    createSession: (token, body) => polar(token).customerSessions.create(body),
    introspect: (token) => portal(token).customerSession.introspect(),
    user: (token) => portal(token).customerSession.getAuthenticatedUser(),
    me: (token) => portal(token).customers.get(),
    updateMe: (token, body) => portal(token).customers.update(body),
    paymentMethods: (token) => portal(token).customers.listPaymentMethods(),
    deletePaymentMethod: (token, id) => portal(token).customers.deletePaymentMethod(id),
    organization: (slug) => portal("").organizations.get(slug),
    subscriptions: (token, query) => portal(token).subscriptions.list(query),
    subscription: (token, id) => portal(token).subscriptions.get(id),
    updateSubscription: (token, id, body) => portal(token).subscriptions.update(id, body),
    cancelSubscription: (token, id) => portal(token).subscriptions.cancel(id),
    orders: (token, query) => portal(token).orders.list(query),
    order: (token, id) => portal(token).orders.get(id),
    paymentStatus: (token, id) => portal(token).orders.getPaymentStatus(id),
    confirmPayment: (token, id, body) => portal(token).orders.confirmRetryPayment(id, body),
  };
}

export const clients: Client[] = [
  strict(),
  versioned("2026-04", createPolar202604),
  versioned("2026-10", createPolar202610),
  versioned("2027-01", createPolar202701),
];

/** The status with which a call was refused. */
export async function refusal(call: Promise<unknown>): Promise<number> {
  try {
    await call;
  } catch (error) {
    const status = (error as { statusCode?: unknown }).statusCode;
    if (typeof status === "number") return status;
    throw error;
  }
  throw new Error("the call was not refused");
}
