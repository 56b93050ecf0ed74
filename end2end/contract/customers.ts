import { expect, NOBODY, organizationToken, paying, takeCustomer, type Call, type Caller, type Found, type Operation, type Operations } from "./frame.ts";

let made = 0;
const own = () => `contract-${process.pid}-${Date.now()}-${(made += 1)}`;

/** A new customer with an id of the organization's. */
async function create({ client }: Caller): Promise<Found> {
  const external_id = own();
  const body = { email: `${external_id}@example.com`, name: "Contract GmbH", external_id, metadata: { plan: "gold" } };
  return client.call("customers:create", organizationToken(), { body });
}

type Way = { sample: Record<string, string>; of(customer: Found): Record<string, string> };
const BY_ID: Way = { sample: { id: NOBODY }, of: ({ id }) => ({ id }) };
const BY_EXTERNAL_ID: Way = { sample: { external_id: "nobody-there" }, of: ({ external_id }) => ({ external_id }) };

/** An operation on one customer, which both kinds of ids lead to. */
function onOne(way: Way, call: Call, check: (answer: Found, customer: Found) => void): Operation {
  return {
    who: "organization",
    sample: { ...call, path: way.sample },
    async success(as) {
      const customer = await create(as);
      check(await as.call(organizationToken(), { ...call, path: way.of(customer) }), customer);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { ...call, path: way.sample })).toBe(404);
      expect(await refused("foyer_oat_nobody", { ...call, path: way.sample })).toBe(401);
    },
  };
}

const isIt = (answer: Found, customer: Found) => expect(answer).toMatchObject({ id: customer.id, metadata: { plan: "gold" } });
const isRenamed = (answer: Found, customer: Found) => expect(answer).toMatchObject({ id: customer.id, name: "Renamed" });
const isState = (answer: Found, customer: Found) => expect(answer).toMatchObject({ id: customer.id, active_subscriptions: [] });
const isNoMethods = (answer: Found) => expect(answer.pagination.total_count).toBe(0);

export const operations: Operations = {
  "customers:create": {
    who: "organization",
    sample: { body: { email: "no address" } },
    async success(as) {
      expect(await create(as)).toMatchObject({ name: "Contract GmbH", metadata: { plan: "gold" }, deleted_at: null });
    },
    async errors(as) {
      const { email } = await create(as);
      expect(await as.refused(organizationToken(), { body: { email } })).toBe(422);
    },
  },
  "customers:list": {
    who: "organization",
    sample: { query: { limit: 1 } },
    async success(as) {
      const { id, email } = await create(as);
      const list = await as.call(organizationToken(), { query: { email } });
      expect(list.items.map((one: Found) => one.id)).toEqual([id]);
      expect((await as.call(organizationToken(), { query: { limit: 5, sorting: ["-created_at"] } })).items).toHaveLength(5);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "customers:get": onOne(BY_ID, {}, isIt),
  "customers:get_external": onOne(BY_EXTERNAL_ID, {}, isIt),
  "customers:update": onOne(BY_ID, { body: { name: "Renamed" } }, isRenamed),
  "customers:update_external": onOne(BY_EXTERNAL_ID, { body: { name: "Renamed" } }, isRenamed),
  "customers:delete": onOne(BY_ID, {}, () => undefined),
  "customers:delete_external": onOne(BY_EXTERNAL_ID, {}, () => undefined),
  "customers:get_state": onOne(BY_ID, {}, isState),
  "customers:get_state_external": onOne(BY_EXTERNAL_ID, {}, isState),
  "customers:list_payment_methods": onOne(BY_ID, { query: { limit: 5 } }, isNoMethods),
  "customers:list_payment_methods_external": onOne(BY_EXTERNAL_ID, { query: { limit: 5 } }, isNoMethods),
  "customers:export": {
    who: "organization",
    sample: {},
    async success({ call }) {
      takeCustomer(paying);
      expect(await call(organizationToken(), {})).toBeTruthy();
    },
    async errors({ refused }) {
      expect(await refused("foyer_oat_nobody", {})).toBe(401);
    },
  },
};
