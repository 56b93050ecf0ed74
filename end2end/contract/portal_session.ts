import { expect, memberSession, paying, session, takeCustomer, takeTeam, type Operations } from "./frame.ts";

export const operations: Operations = {
  "customer_portal:customer_session:introspect": {
    who: "customer",
    sample: {},
    async success({ call }) {
      const own = await call(await session(takeCustomer(paying)));
      expect(Date.parse(own.expires_at)).toBeGreaterThan(Date.now());
    },
    async errors({ refused }) {
      expect(await refused("garbage")).toBe(401);
    },
  },
  "customer_portal:customer_session:get_authenticated_user": {
    who: "customer",
    sample: {},
    async success({ call }) {
      const team = takeTeam();
      expect(await call(await session(team))).toMatchObject({ type: "customer", customer_id: team.customer_id, role: null });
      for (const role of ["owner", "billing_manager", "member"] as const) {
        expect(await call(await memberSession(team, role))).toMatchObject({ type: "member", role });
      }
    },
    async errors({ refused }) {
      expect(await refused("foyer_mst_nobody")).toBe(401);
    },
  },
};
