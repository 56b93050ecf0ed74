import { expect, NOBODY, organizationToken, paying, session, takeCustomer, takeTeam, type Operations } from "./frame.ts";

export const operations: Operations = {
  "customer_sessions:create": {
    who: "organization",
    sample: { body: { customer_id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(paying);
      const body = { customer_id: customer.customer_id, return_url: "https://app.example.com/" };
      const made = await call(organizationToken(), { body });
      expect(made.token).toMatch(/^foyer_cst_/);
      expect(made.customer.email).toBe(customer.email);
      expect(made.customer_portal_url).not.toContain(made.token);
      const team = takeTeam();
      const member_id = team.members[0]?.member_id;
      const members = await call(organizationToken(), { body: { customer_id: team.customer_id, member_id } });
      expect(members.token).toMatch(/^foyer_mst_/);
    },
    async errors({ refused }) {
      const customer = takeCustomer(paying);
      expect(await refused(organizationToken(), { body: { customer_id: NOBODY } })).toBe(422);
      expect(await refused("foyer_oat_nobody", { body: { customer_id: customer.customer_id } })).toBe(401);
      expect(await refused(await session(customer), { body: { customer_id: customer.customer_id } })).toBe(401);
    },
  },
};
