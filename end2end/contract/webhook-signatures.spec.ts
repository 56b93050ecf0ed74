// What Foyer sends is taken by the verifiers that receivers use: those of both published clients, of which 0.49 also checks the shape
// of every message, and that of Standard Webhooks.

import { expect, test } from "@playwright/test";
import { validateEvent } from "polar-0-49/webhooks.js";
import { webhooks as webhooks202604 } from "polar-1-0/2026-04";
import { webhooks as webhooks202610 } from "polar-1-0/2026-10";
import { webhooks as webhooks202701 } from "polar-1-0/2027-01";
import { Webhook } from "standardwebhooks";
import { baseUrl } from "../lib/demo.ts";
import { receiver, type Message, type Receiver } from "../lib/receiver.ts";
import { organizationToken, paying, session, takeCustomer, type Found } from "./frame.ts";

const versions = [webhooks202604, webhooks202610, webhooks202701];

async function ask(token: string, method: string, path: string, body: Found = {}): Promise<Found> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${baseUrl()}/v1${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Found;
}

const asOrganization = (method: string, path: string, body?: Found) => ask(organizationToken(), method, path, body);

/** An endpoint of this test's own; switched off at its end, as many tests may run. */
async function endpoint(listener: Receiver, more: Found): Promise<Found> {
  return asOrganization("POST", "/webhooks/endpoints", { url: listener.url, format: "raw", events: [], ...more });
}

const standard = (secret: string, { body, headers }: Message) => new Webhook(secret).verify(body, headers) as Found;

/** Taken by every verifier; what it says. */
async function checked(message: Message, secret: string): Promise<Found> {
  const sent = JSON.parse(message.body) as Found;
  expect((validateEvent(message.body, message.headers, secret) as Found).type).toBe(sent.type);
  for (const version of versions) expect((await version.validateEvent(message.body, message.headers, secret)).type).toBe(sent.type);
  expect(standard(secret, message)).toEqual(sent);
  return sent;
}

test("all three take every message of a cancellation and its way back", async () => {
  const listener = await receiver();
  const events = ["subscription.updated", "subscription.canceled", "subscription.uncanceled", "customer.state_changed"];
  const { id, secret } = await endpoint(listener, { events });
  const customer = takeCustomer(paying);
  const subscription_id = customer.subscriptions[0]?.subscription_id ?? "";
  const own = await session(customer);
  const path = `/customer-portal/subscriptions/${subscription_id}`;
  const told: string[] = [];
  // A message shows the object as it is when it is first sent, so each step waits for its own.
  const until = async (last: string) => {
    for (;;) {
      const message = await listener.next();
      const sent = await checked(message, secret);
      // Other tests change other customers meanwhile: these are checked as well, and not counted.
      if (sent.data.id !== subscription_id) continue;
      told.push(sent.type);
      if (sent.type === last) return sent;
    }
  };
  await ask(own, "PATCH", path, { cancel_at_period_end: true, cancellation_reason: "too_expensive", cancellation_comment: "Later" });
  expect((await until("subscription.canceled")).data).toMatchObject({
    cancellation_reason: "too_expensive",
    customer_cancellation_reason: "too_expensive",
    cancellation_comment: "Later",
    customer_cancellation_comment: "Later",
  });
  await ask(own, "PATCH", path, { cancel_at_period_end: false });
  await until("subscription.uncanceled");
  expect(told).toEqual(["subscription.updated", "subscription.canceled", "subscription.updated", "subscription.uncanceled"]);
  await asOrganization("PATCH", `/webhooks/endpoints/${id}`, { enabled: false });
  await listener.close();
});

test("another body or secret is refused, and one key form alone is enough where it is wished", async () => {
  const listener = await receiver();
  const { id, secret } = await endpoint(listener, { uses_standard_webhook_signature: true });
  await asOrganization("POST", `/webhooks/endpoints/${id}/test`);
  const message = await listener.next();
  expect(standard(secret, message).type).toBe("organization.updated");
  for (const version of versions) await version.validateEvent(message.body, message.headers, secret);
  expect(() => validateEvent(message.body, message.headers, secret), "0.49 knows the other form only").toThrow();
  const changed = { ...message, body: message.body.replace("organization", "Organization") };
  expect(() => standard(secret, changed)).toThrow();
  expect(() => standard(`whsec_${Buffer.alloc(30).toString("base64")}`, message)).toThrow();
  await listener.close();
});

test("both secrets fit for a day after a change", async () => {
  const listener = await receiver();
  const before = await endpoint(listener, {});
  const after = await asOrganization("PATCH", `/webhooks/endpoints/${before.id}/secret`);
  await asOrganization("POST", `/webhooks/endpoints/${before.id}/test`);
  const message = await listener.next();
  expect(after.secret).not.toBe(before.secret);
  for (const { secret } of [before, after]) {
    expect(standard(secret, message).type).toBe("organization.updated");
    expect((validateEvent(message.body, message.headers, secret) as Found).type).toBe("organization.updated");
    await webhooks202610.validateEvent(message.body, message.headers, secret);
  }
  await listener.close();
});
