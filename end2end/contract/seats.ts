import { rows } from "../lib/database.ts";
import { expect, memberSession, NOBODY, organizationToken, session, takeCustomer, type Customer, type Operations } from "./frame.ts";

interface Room {
  subscription_id: string;
  email: string;
}

let rooms: Map<string, Room> | undefined;

/** By customer: a running subscription with a free seat, and a member who has none in it. Whoever takes the customer is the first to
 * change anything there, so one look is enough. */
const room = ({ customer_id }: Customer) =>
  (rooms ??= new Map(
    rows<Room & { customer_id: string }>(`
      select distinct on (s.customer_id) s.customer_id, s.subscription_id, m.email from subscription s
      join member m using (organization_id, customer_id)
      where m.deleted_at is null and s.seats is not null and s.ended_at is null
        and not exists (select from customer_seat t where t.organization_id = s.organization_id
          and t.subscription_id = s.subscription_id and t.member_id = m.member_id and t.status <> 'revoked')
        and not exists (select from subscription_change c where c.organization_id = s.organization_id
          and c.subscription_id = s.subscription_id and c.state = 'pending')
        and (select count(*) from customer_seat t where t.organization_id = s.organization_id
            and t.subscription_id = s.subscription_id and t.status <> 'revoked')
          < least(s.seats, (select u.seats from subscription_pending_update u where u.organization_id = s.organization_id
            and u.subscription_id = s.subscription_id))
      order by s.customer_id, s.subscription_id, m.member_id`).map(({ customer_id, ...found }) => [customer_id, found]),
  )).get(customer_id);

const isSeated = (customer: Customer) => customer.type === "team" && customer.subscriptions.some(({ seats, ended_at }) => seats !== null && ended_at === null);
const takeRoom = () => {
  const customer = takeCustomer((one) => isSeated(one) && room(one) !== undefined, { ordinary: false });
  return { customer, body: room(customer) ?? { subscription_id: "", email: "" } };
};
const seatedId = (customer: Customer) => customer.subscriptions.find(({ seats, ended_at }) => seats !== null && ended_at === null)?.subscription_id ?? "";

export const operations: Operations = {
  "customer_seats:list_seats": {
    who: "organization",
    sample: { query: { subscription_id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(isSeated, { ordinary: false });
      const found = await call(organizationToken(), { query: { subscription_id: seatedId(customer) } });
      expect(found.total_seats).toBeGreaterThan(0);
      expect(found.available_seats).toBeGreaterThanOrEqual(0);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { subscription_id: NOBODY } })).toBe(404);
      expect(await refused(organizationToken(), { query: {} })).toBe(400);
    },
  },
  "customer_seats:assign_seat": {
    who: "organization",
    sample: { body: { subscription_id: NOBODY, email: "nobody@example.com" } },
    async success({ call }) {
      const { body } = takeRoom();
      expect(await call(organizationToken(), { body })).toMatchObject({ ...body, status: "claimed" });
    },
    async errors({ call, refused }) {
      const { body } = takeRoom();
      await call(organizationToken(), { body });
      expect(await refused(organizationToken(), { body })).toBe(400);
      expect(await refused(organizationToken(), { body: { ...body, email: "nobody@example.com" } })).toBe(404);
    },
  },
  "customer_seats:revoke_seat": {
    who: "organization",
    sample: { path: { seat_id: NOBODY } },
    async success({ client, call }) {
      const { body } = takeRoom();
      const { id } = await client.call("customer_seats:assign_seat", organizationToken(), { body });
      for (let times = 0; times < 2; times++) {
        expect(await call(organizationToken(), { path: { seat_id: id } })).toMatchObject({ id, status: "revoked", member: null });
      }
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { path: { seat_id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:seats:list_seats": {
    who: "customer",
    sample: { query: { subscription_id: NOBODY } },
    async success({ call }) {
      const customer = takeCustomer(isSeated, { ordinary: false });
      const found = await call(await session(customer), { query: { subscription_id: seatedId(customer) } });
      expect(found.total_seats).toBeGreaterThan(0);
    },
    async errors({ refused }) {
      const customer = takeCustomer(isSeated, { ordinary: false });
      expect(await refused(await session(customer), { query: { subscription_id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:seats:assign_seat": {
    who: "billing",
    sample: { body: { subscription_id: NOBODY, email: "nobody@example.com" } },
    async success({ call }) {
      const { customer, body } = takeRoom();
      expect(await call(await session(customer), { body })).toMatchObject({ ...body, status: "claimed" });
    },
    async errors({ refused }) {
      const { customer, body } = takeRoom();
      const own = await session(customer);
      expect(await refused(own, { body: { ...body, email: "nobody@example.com" } })).toBe(404);
      expect(await refused(own, { body: { ...body, subscription_id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:seats:revoke_seat": {
    who: "billing",
    sample: { path: { seat_id: NOBODY } },
    async success({ client, call }) {
      const { customer, body } = takeRoom();
      const { id } = await client.call("customer_seats:assign_seat", organizationToken(), { body });
      expect(await call(await session(customer), { path: { seat_id: id } })).toMatchObject({ id, status: "revoked" });
    },
    async errors({ refused }) {
      const customer = takeCustomer(isSeated, { ordinary: false });
      expect(await refused(await session(customer), { path: { seat_id: NOBODY } })).toBe(404);
    },
  },
  "customer_portal:seats:list_claimed_subscriptions": {
    who: "customer",
    sample: { query: {} },
    async success({ call }) {
      const customer = takeCustomer(isSeated, { ordinary: false });
      const list = await call(await memberSession(customer, "owner"), { query: { limit: 5 } });
      expect(list.items).toBeInstanceOf(Array);
    },
    async errors({ refused }) {
      expect(await refused("garbage", { query: {} })).toBe(401);
    },
  },
};
