// How an operation is told to the contract suite: a file beside this one, named after the resource, exports `operations`.
//
//   export const operations: Operations = {
//     "customer_portal:orders:get": {            // its id in the document
//       who: "billing",                          // who is let in: the frame asks as everybody else too
//       sample: { path: { id: NOBODY } },        // what any client is willing to send; it need not find anything
//       async success({ call }) {
//         const customer = takeCustomer(paying);
//         expect(await call(await session(customer), { path: { id } })).toMatchObject({ id });
//       },
//       async errors({ refused }) {
//         expect(await refused(await session(takeCustomer(paying)), { path: { id: NOBODY } })).toBe(404);
//       },
//     },
//   };
//
// Names are the wire's for every client (`snake_case`). `path` is in the order of the address.

import { expect } from "@playwright/test";
import { renews, takeCustomer, type Customer, type Member } from "../lib/customers.ts";
import { baseUrl, demo } from "../lib/demo.ts";
import type { Call, Client, Found } from "./clients/client.ts";

export { expect, takeCustomer };
export type { Call, Customer, Found };

/**
 * | who | an organization's token | a customer's session | a member's session |
 * |---|---|---|---|
 * | organization | yes | no | no |
 * | customer | no | yes | every role |
 * | billing | no | yes | owner and billing manager |
 * | members | no | no | owner and billing manager |
 * | anyone | yes | yes | every role, and nobody's |
 */
export type Who = "organization" | "customer" | "billing" | "members" | "anyone";

/** One client, asked for one operation. */
export interface Caller {
  client: Client;
  call(token: string, call?: Call): Promise<Found>;
  /** The status with which the call is refused. */
  refused(token: string, call?: Call): Promise<number>;
}

export interface Operation {
  who: Who;
  sample: Call;
  success(as: Caller): Promise<void>;
  errors(as: Caller): Promise<void>;
}

export type Operations = Record<string, Operation>;

export const NOBODY = "00000000-0000-4000-8000-000000000000";

/** One subscription that renews, one saved method. */
export const paying = (customer: Customer) =>
  customer.subscriptions.filter((one) => renews(one) && !one.is_changing).length === 1 && customer.subscriptions.length === 1 && customer.methods.length === 1;

const ROLES = ["owner", "billing_manager", "member"] as const;

/** A member of every role. */
export const isTeam = (customer: Customer) =>
  customer.type === "team" && ROLES.every((role) => customer.members.some((member) => member.role === role)) && customer.subscriptions.length > 0;

export const takeTeam = () => takeCustomer(isTeam, { ordinary: false });

/** The organization's token, with every scope. */
export const organizationToken = () => demo().access_token;

async function made(body: Found): Promise<string> {
  const headers = { authorization: `Bearer ${organizationToken()}`, "content-type": "application/json" };
  const answer = await fetch(`${baseUrl()}/v1/customer-sessions`, { method: "POST", headers, body: JSON.stringify(body) });
  if (answer.status !== 201) throw new Error(`no session: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as Found).token;
}

/** A customer's session, whose owner acts. */
export const session = (customer: Customer) => made({ customer_id: customer.customer_id });

/** The session of the first member with a role. */
export async function memberSession(customer: Customer, role: Member["role"]): Promise<string> {
  const member = customer.members.find((one) => one.role === role);
  if (member === undefined) throw new Error(`no ${role}`);
  return made({ customer_id: customer.customer_id, member_id: member.member_id });
}

/** The status with which a call was refused. */
export async function refusal(call: Promise<unknown>): Promise<number> {
  try {
    await call;
  } catch (error) {
    const status = (error as { statusCode?: unknown }).statusCode;
    if (typeof status === "number" && status >= 400) return status;
    throw error;
  }
  throw new Error("the call was not refused");
}

export function caller(client: Client, operation: string): Caller {
  const call = (token: string, asked?: Call) => client.call(operation, token, asked);
  return { client, call, refused: (token, asked) => refusal(call(token, asked)) };
}

let team: Promise<[string, string][]> | undefined;

/** A token of each kind. */
async function everybody(): Promise<[string, string][]> {
  const customer = takeTeam();
  const members = await Promise.all(ROLES.map(async (role): Promise<[string, string]> => [role, await memberSession(customer, role)]));
  return [["nobody", ""], ["garbage", "foyer_mst_nobody"], ["organization", organizationToken()], ["customer", await session(customer)], ...members];
}

/** With which status somebody is refused; none who is let in. */
function door(who: Who, name: string): number | undefined {
  if (name === "garbage") return 401;
  if (who === "anyone") return undefined;
  const isMember = (ROLES as readonly string[]).includes(name);
  const isKind = who === "organization" ? name === "organization" : isMember || (name === "customer" && who !== "members");
  if (!isKind) return 401;
  return name === "member" && (who === "billing" || who === "members") ? 403 : undefined;
}

/** Everybody asks: those who may are let in, the others are refused. */
export async function checkRoles({ who, sample }: Operation, as: Caller): Promise<void> {
  for (const [name, token] of await (team ??= everybody())) {
    if (name === "nobody" && as.client.alwaysSends === true) continue;
    // Of operations for everybody some clients send no token.
    if (name === "garbage" && who === "anyone" && as.client.name !== "HTTP") continue;
    const refused = door(who, name);
    if (refused !== undefined) {
      expect(await as.refused(token, sample), `${name} is refused`).toBe(refused);
      continue;
    }
    const status = await as.call(token, sample).then(() => 200, (error) => error.statusCode ?? Promise.reject(error));
    expect([401, 403], `${name} is let in`).not.toContain(status);
    expect(status, `${name} gets an answer`).toBeLessThan(500);
  }
}
