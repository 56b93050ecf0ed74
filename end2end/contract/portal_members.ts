import { expect, memberSession, NOBODY, paying, session, takeCustomer, takeTeam, type Found, type Operations } from "./frame.ts";

let made = 0;
const address = () => `colleague-${process.pid}-${Date.now()}-${(made += 1)}@example.com`;

export const operations: Operations = {
  "customer_portal:members:list_members": {
    who: "members",
    sample: { query: {} },
    async success({ call }) {
      const team = takeTeam();
      const list = await call(await memberSession(team, "billing_manager"), { query: { limit: 100 } });
      expect(list.items.map(({ id }: Found) => id).sort()).toEqual(team.members.map(({ member_id }) => member_id).sort());
    },
    async errors({ refused }) {
      expect(await refused(await session(takeCustomer(paying)), { query: {} })).toBe(401);
    },
  },
  "customer_portal:members:add_member": {
    who: "members",
    sample: { body: { email: "no address", role: "member" } },
    async success({ call }) {
      const email = address();
      const body = { email, name: "Bo", role: "member" };
      expect(await call(await memberSession(takeTeam(), "owner"), { body })).toMatchObject({ email, role: "member" });
    },
    async errors({ refused }) {
      const own = await memberSession(takeTeam(), "owner");
      expect(await refused(own, { body: { email: address(), role: "owner" } })).toBe(422);
    },
  },
  "customer_portal:members:update_member": {
    who: "members",
    sample: { path: { id: NOBODY }, body: { role: "member" } },
    async success({ client, call }) {
      const own = await memberSession(takeTeam(), "owner");
      const { id } = await client.call("customer_portal:members:add_member", own, { body: { email: address(), role: "member" } });
      expect(await call(own, { path: { id }, body: { role: "billing_manager" } })).toMatchObject({ id, role: "billing_manager" });
    },
    async errors({ refused }) {
      expect(await refused(await memberSession(takeTeam(), "owner"), { path: { id: NOBODY }, body: { role: "member" } })).toBe(404);
    },
  },
  "customer_portal:members:remove_member": {
    who: "members",
    sample: { path: { id: NOBODY } },
    async success({ client, call }) {
      const own = await memberSession(takeTeam(), "owner");
      const { id } = await client.call("customer_portal:members:add_member", own, { body: { email: address(), role: "member" } });
      await call(own, { path: { id } });
      const list = await client.call("customer_portal:members:list_members", own, { query: { limit: 100 } });
      expect(list.items.map((one: Found) => one.id)).not.toContain(id);
    },
    async errors({ refused }) {
      expect(await refused(await memberSession(takeTeam(), "owner"), { path: { id: NOBODY } })).toBe(404);
    },
  },
};
