import { expect, NOBODY, organizationToken, takeTeam, type Call, type Caller, type Found, type Operation, type Operations } from "./frame.ts";

let made = 0;
const own = () => `member-${process.pid}-${Date.now()}-${(made += 1)}`;

/** A team and a new member of it, both with ids of the organization's. */
async function team({ client }: Caller): Promise<{ customer: Found; member: Found }> {
  const [external_id, person] = [own(), own()];
  const body = { type: "team", email: `${external_id}@example.com`, external_id, owner: { email: `owner-${external_id}@example.com` } };
  const customer = await client.call("customers:create", organizationToken(), { body });
  const added = { email: `${person}@example.com`, name: "Bo", role: "member", external_id: person };
  const member = await client.call("customers:members:create", organizationToken(), { path: { id: customer.id }, body: added });
  return { customer, member };
}

type Pair = { customer: Found; member: Found };
type Path = Record<string, string>;
const WAYS: { suffix: string; nobody: Path; customer(pair: Pair): Path; member(pair: Pair): Path }[] = [
  {
    suffix: "",
    nobody: { id: NOBODY, member_id: NOBODY },
    customer: ({ customer }) => ({ id: customer.id }),
    member: ({ customer, member }) => ({ id: customer.id, member_id: member.id }),
  },
  {
    suffix: "_external",
    nobody: { external_id: "nobody-there", member_external_id: "nobody-there" },
    customer: ({ customer }) => ({ external_id: customer.external_id }),
    member: ({ customer, member }) => ({ external_id: customer.external_id, member_external_id: member.external_id }),
  },
];

function operation(nobody: Path, path: (pair: Pair) => Path, call: () => Call, check: (answer: Found, pair: Pair) => void): Operation {
  return {
    who: "organization",
    sample: { ...call(), path: nobody },
    async success(as) {
      const pair = await team(as);
      check(await as.call(organizationToken(), { ...call(), path: path(pair) }), pair);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { ...call(), path: nobody })).toBe(404);
    },
  };
}

const isIt = (answer: Found, { member }: Pair) => expect(answer).toMatchObject({ id: member.id, role: "member" });
const addition = (): Call => ({ body: { email: `${own()}@example.com`, role: "billing_manager" } });

const ofWays = WAYS.flatMap(({ suffix, nobody, customer, member }): [string, Operation][] => {
  const [[first, value]] = Object.entries(nobody) as [[string, string], [string, string]];
  const nobodyAbove = { [first]: value };
  return [
    [`customers:members:create${suffix}`, operation(nobodyAbove, customer, addition, (answer) => expect(answer.role).toBe("billing_manager"))],
    [`customers:members:list${suffix}`, operation(nobodyAbove, customer, () => ({ query: { limit: 5 } }), (answer) => expect(answer.pagination.total_count).toBe(2))],
    [`customers:members:get${suffix}`, operation(nobody, member, () => ({}), isIt)],
    [`customers:members:update${suffix}`, operation(nobody, member, () => ({ body: { name: "Cleo" } }), (answer) => expect(answer.name).toBe("Cleo"))],
    [`customers:members:delete${suffix}`, operation(nobody, member, () => ({}), () => undefined)],
  ];
});

export const operations: Operations = {
  ...Object.fromEntries(ofWays),
  "members:list_members": {
    who: "organization",
    sample: { query: { customer_id: NOBODY } },
    async success({ call }) {
      const customer = takeTeam();
      const list = await call(organizationToken(), { query: { customer_id: customer.customer_id, limit: 100 } });
      expect(list.items.map(({ id }: Found) => id).sort()).toEqual(customer.members.map(({ member_id }) => member_id).sort());
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { limit: 0 } })).toBe(422);
    },
  },
};
