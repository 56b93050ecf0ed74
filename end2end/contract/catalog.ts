// Products, discounts and benefits: each is made, listed, read and changed.

import { expect, NOBODY, organizationToken, type Call, type Caller, type Found, type Operation, type Operations } from "./frame.ts";

interface Kind {
  name: "products" | "discounts" | "benefits";
  /** What makes one. */
  body(): Found;
  /** Breaks a rule. */
  wrong: Found;
  change: Found;
  changed: Found;
}

let made = 0;
const own = (name: string) => `${name} ${process.pid}-${Date.now()}-${(made += 1)}`;

const KINDS: Kind[] = [
  {
    name: "products",
    body: () => ({ name: own("Contract"), recurring_interval: "month", prices: [{ amount_type: "fixed", price_currency: "eur", price_amount: 2900 }] }),
    wrong: { name: "x", recurring_interval: "month", prices: [{ amount_type: "fixed", price_currency: "eur", price_amount: 2900 }] },
    change: { description: "For everybody" },
    changed: { description: "For everybody" },
  },
  {
    name: "discounts",
    body: () => ({ name: own("Spring"), type: "percentage", basis_points: 1000, duration: "once" }),
    wrong: { name: "Spring", type: "percentage", basis_points: 1000, duration: "once", products: [NOBODY] },
    change: { name: "Autumn" },
    changed: { name: "Autumn" },
  },
  {
    name: "benefits",
    body: () => ({ type: "custom", description: own("Support"), properties: { note: null } }),
    wrong: { type: "custom", description: "x", properties: { note: null } },
    change: { type: "custom", description: "Better support" },
    changed: { description: "Better support" },
  },
];

function ofKind({ name, body, wrong, change, changed }: Kind): [string, Operation][] {
  const token = organizationToken;
  const create = ({ client }: Caller) => client.call(`${name}:create`, token(), { body: body() });
  const onOne = (call: Call, check: (answer: Found, one: Found) => void): Operation => ({
    who: "organization",
    sample: { ...call, path: { id: NOBODY } },
    async success(as) {
      const one = await create(as);
      check(await as.call(token(), { ...call, path: { id: one.id } }), one);
    },
    async errors({ refused }) {
      expect(await refused(token(), { ...call, path: { id: NOBODY } })).toBe(404);
    },
  });
  const createOne: Operation = {
    who: "organization",
    sample: { body: wrong },
    async success(as) {
      expect((await create(as)).id).toMatch(/^[0-9a-f-]{36}$/);
    },
    async errors({ refused }) {
      expect(await refused(token(), { body: wrong })).toBe(422);
    },
  };
  const list: Operation = {
    who: "organization",
    sample: { query: { limit: 1 } },
    async success(as) {
      const { id } = await create(as);
      const { items } = await as.call(token(), { query: { limit: 100, sorting: ["-created_at"] } });
      expect(items.map((one: Found) => one.id)).toContain(id);
    },
    async errors({ refused }) {
      expect(await refused(token(), { query: { page: 0 } })).toBe(422);
    },
  };
  return [
    [`${name}:create`, createOne],
    [`${name}:list`, list],
    [`${name}:get`, onOne({}, (answer, one) => expect(answer).toEqual(one))],
    [`${name}:update`, onOne({ body: change }, (answer) => expect(answer).toMatchObject(changed))],
    [`${name}:delete`, onOne({}, () => undefined)],
  ];
}

export const operations: Operations = {
  ...Object.fromEntries(KINDS.flatMap(ofKind)),
  "products:update_benefits": {
    who: "organization",
    sample: { path: { id: NOBODY }, body: { benefits: [] } },
    async success({ client, call }) {
      const [product, benefit] = ["products", "benefits"].map((name) => KINDS.find((kind) => kind.name === name)!);
      const { id } = await client.call("products:create", organizationToken(), { body: product!.body() });
      const given = await client.call("benefits:create", organizationToken(), { body: benefit!.body() });
      const { benefits } = await call(organizationToken(), { path: { id }, body: { benefits: [given.id] } });
      expect(benefits.map((one: Found) => one.id)).toEqual([given.id]);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { path: { id: NOBODY }, body: { benefits: [] } })).toBe(404);
    },
  },
};
