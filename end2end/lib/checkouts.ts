// Checkouts: made by the API, filled in on their page.

import { randomUUID } from "node:crypto";
import { baseUrl, demo } from "./demo.ts";
import type { Portal } from "./portal.ts";

type Found = Record<string, any>;

export interface Checkout {
  id: string;
  url: string;
  client_secret: string;
}

/** Asks the API as the organization. */
export async function api(method: string, path: string, body?: Found): Promise<Found> {
  const headers = { authorization: `Bearer ${demo().access_token}`, "content-type": "application/json" };
  const answer = await fetch(`${baseUrl()}/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Found;
}

/** A checkout of a plan with a fixed price and no trial. */
export async function begun(): Promise<Checkout> {
  const { items } = await api("GET", "/products?is_archived=false&limit=100");
  const plan = items.find(
    ({ is_recurring, trial_interval, prices }: Found) => is_recurring && trial_interval === null && prices.some(({ price_amount }: Found) => price_amount > 0),
  );
  if (plan === undefined) throw new Error("the demo sells no plan without a trial");
  return (await api("POST", "/checkouts", { products: [plan.id] })) as Checkout;
}

export const newAddress = () => `buyer-${randomUUID()}@example.com`;

export async function fillIn({ main }: Portal, email: string): Promise<void> {
  await main.locator("input[name=email]").fill(email);
  await main.locator("input[name=billing_name]").fill("Ada Lovelace");
  await main.locator("select[name=country]").selectOption("DE");
  await main.locator("input[name=line1]").fill("Torstr. 1");
  await main.locator("input[name=postal_code]").fill("10119");
  await main.locator("input[name=city]").fill("Berlin");
}

export const send = ({ main }: Portal) => main.locator('form button[type="submit"]').click();
