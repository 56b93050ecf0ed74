import { demo } from "../lib/demo.ts";
import { Mailbox } from "../lib/mailbox.ts";
import { expect, NOBODY, paying, takeCustomer, type Caller, type Operations } from "./frame.ts";

const REQUEST = "customer_portal:customer_session:request";

/** Asks for a code: what came back, and the code in the mail. */
async function ask({ client }: Caller): Promise<{ request_id: string; code: string }> {
  const { email } = takeCustomer(paying);
  const mailbox = await Mailbox.open(email);
  const body = { email, organization_id: demo().organization.id };
  const { request_id } = await client.call(REQUEST, "", { body });
  const { text } = await mailbox.next();
  const code = /^\s+([0-9A-Z]{6})\s*$/m.exec(text)?.[1];
  if (code === undefined) throw new Error(`no code in the mail: ${text}`);
  return { request_id, code };
}

export const operations: Operations = {
  [REQUEST]: {
    who: "anyone",
    sample: { body: { email: "nobody@example.com", organization_id: NOBODY } },
    async success(as) {
      expect((await ask(as)).request_id).toMatch(/^[0-9a-f-]{36}$/);
    },
    async errors({ refused }) {
      expect(await refused("", { body: { email: "no address", organization_id: demo().organization.id } })).toBe(422);
    },
  },
  "customer_portal:customer_session:authenticate": {
    who: "anyone",
    sample: { body: { code: 1 } },
    async success(as) {
      const body = await ask(as);
      const { token } = await as.call("", { body });
      expect(token).toMatch(/^foyer_mst_/);
      expect(await as.client.call("customer_portal:customer_session:get_authenticated_user", token)).toMatchObject({ type: "member" });
      expect(await as.refused("", { body }), "a code works once").toBe(401);
    },
    async errors({ refused }) {
      expect(await refused("", { body: { code: "000000" } })).toBe(401);
    },
  },
};
