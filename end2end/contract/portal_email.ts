import { execute } from "../lib/database.ts";
import { Mailbox } from "../lib/mailbox.ts";
import { expect, memberSession, organizationToken, paying, session, takeCustomer, takeTeam, type Caller, type Customer, type Operations } from "./frame.ts";

const REQUEST = "customer_portal:customers:request_email_update";

/** All clients are one machine, which has six tries a minute. */
const afresh = () => execute("delete from rate_limit where purpose = 'email_update'");

const isPerson = (customer: Customer) => customer.type === "individual" && paying(customer);

/** Asks for another address: which one, and the token in the link that is mailed to it. */
async function ask({ client }: Caller, customer: Customer): Promise<{ email: string; token: string }> {
  const email = `new-${customer.customer_id}@example.com`;
  const mailbox = await Mailbox.open(email);
  await client.call(REQUEST, await session(customer), { body: { email } });
  const token = /[?&]token=([\w-]+)/.exec((await mailbox.next()).text)?.[1];
  if (token === undefined) throw new Error("no link in the mail");
  return { email, token };
}

export const operations: Operations = {
  [REQUEST]: {
    who: "billing",
    sample: { body: { email: "no address" } },
    async success(as) {
      afresh();
      expect((await ask(as, takeCustomer(isPerson))).token).toHaveLength(64);
    },
    async errors({ refused }) {
      afresh();
      const customer = takeCustomer(isPerson);
      expect(await refused(await session(customer), { body: { email: customer.email } }), "it has that already").toBe(422);
      const team = takeTeam();
      expect(await refused(await session(team), { body: { email: "new@example.com" } }), "a team").toBe(422);
      expect(await refused(await memberSession(team, "member"), { body: { email: "new@example.com" } })).toBe(403);
    },
  },
  "customer_portal:customers:check_email_update": {
    who: "anyone",
    sample: { query: { token: "" } },
    async success(as) {
      afresh();
      const { token } = await ask(as, takeCustomer(isPerson));
      await as.call("", { query: { token } });
    },
    async errors({ refused }) {
      afresh();
      expect(await refused("", { query: { token: "nonsense" } })).toBe(401);
    },
  },
  "customer_portal:customers:verify_email_update": {
    who: "anyone",
    sample: { body: { token: "" } },
    async success(as) {
      afresh();
      const customer = takeCustomer(isPerson);
      const { email, token } = await ask(as, customer);
      const verified = await as.call("", { body: { token } });
      expect(verified.token).toMatch(/^foyer_cst_/);
      expect(await as.client.call("customer_portal:customers:get", verified.token)).toMatchObject({ id: customer.customer_id, email, email_verified: true });
      expect(await as.refused("", { body: { token } }), "a link works once").toBe(401);
    },
    async errors({ refused }) {
      afresh();
      expect(await refused("", { body: { token: "nonsense" } })).toBe(401);
      expect(await refused(organizationToken(), { body: { token: "nonsense" } })).toBe(401);
    },
  },
};
