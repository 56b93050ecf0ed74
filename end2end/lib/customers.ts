// Customers for journeys: each test takes one of its own, so that none sees what another has changed.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { rows } from "./database.ts";
import { demo } from "./demo.ts";
import { text, type Locale } from "./texts.ts";

export interface Member {
  member_id: string;
  email: string;
  name: string | null;
  role: "owner" | "billing_manager" | "member";
}

export interface Subscription {
  subscription_id: string;
  product_name: string;
  status: string;
  seats: number | null;
  amount_minor: number;
  currency: string;
  cancel_at_period_end: boolean;
  ended_at: string | null;
  current_period_end: string;
  /** Canceled, and still running. */
  ends_soon: boolean;
  /** A change or a pause waits for the end of its period. */
  is_changing: boolean;
}

export interface Customer {
  customer_id: string;
  email: string;
  name: string | null;
  type: "individual" | "team";
  locale: Locale | null;
  time_zone: string | null;
  members: Member[];
  subscriptions: Subscription[];
  orders: { order_id: string; status: string; total_minor: number }[];
  /** Saved and not removed, oldest first. */
  methods: { payment_method_id: string; is_default: boolean; is_backup: boolean }[];
  /** Addresses of members that belong to another customer too. */
  shared_addresses: number;
}

let known: Customer[] | undefined;
/** When they were read. */
let knownAtMs = 0;
/** No test takes longer. */
const TEST_MAX_MS = 10 * 60_000;

/** All customers of the demo organization. */
export function customers(): Customer[] {
  if (known !== undefined) return known;
  knownAtMs = Date.now();
  known = rows<Customer>(`
    select customer.customer_id, customer.email, customer.name, customer.type, customer.locale, customer.time_zone,
      (select coalesce(json_agg(json_build_object('member_id', member_id, 'email', email, 'name', name, 'role', role)
          order by role desc, member_id), '[]')
        from member where member.customer_id = customer.customer_id and deleted_at is null) as members,
      (select coalesce(json_agg(json_build_object('subscription_id', subscription_id, 'product_name', product.name,
          'status', status, 'seats', seats, 'amount_minor', amount_minor, 'currency', currency,
          'cancel_at_period_end', cancel_at_period_end, 'ended_at', ended_at, 'current_period_end', current_period_end,
          'ends_soon', cancel_at_period_end and ended_at is null,
          'is_changing', pause_at_period_end or exists (select from subscription_pending_update as later
            where later.organization_id = subscription.organization_id and later.subscription_id = subscription.subscription_id)
            or exists (select from subscription_change as change
            where change.organization_id = subscription.organization_id and change.subscription_id = subscription.subscription_id))
          order by subscription_id), '[]')
        from subscription join product using (organization_id, product_id)
        where subscription.customer_id = customer.customer_id) as subscriptions,
      (select coalesce(json_agg(json_build_object('order_id', order_id, 'status', status, 'total_minor', total_minor)
          order by created_at desc, order_id desc), '[]')
        from orders where orders.customer_id = customer.customer_id) as orders,
      (select coalesce(json_agg(json_build_object('payment_method_id', payment_method_id,
          'is_default', payment_method_id is not distinct from customer.default_payment_method_id,
          'is_backup', payment_method_id is not distinct from customer.backup_payment_method_id)
          order by created_at, payment_method_id), '[]')
        from payment_method as method where method.customer_id = customer.customer_id and deleted_at is null) as methods,
      (select count(*) from member as own join member as other on lower(own.email) = lower(other.email)
          and own.organization_id = other.organization_id and own.customer_id <> other.customer_id
        where own.customer_id = customer.customer_id and own.deleted_at is null and other.deleted_at is null) as shared_addresses
    from customer join organization using (organization_id)
    where organization.slug = '${demo().organization.slug}' and customer.deleted_at is null
    -- Copies first: the seeded ones, whose activity is known, are left to tests that ask for them.
    order by customer.email like '%+%' desc, customer.created_at, customer.customer_id`);
  return known;
}

/** Does one of its periods end between the reading and the end of a test that takes it now? It then has more orders than was read. */
function renewsMeanwhile({ subscriptions }: Customer): boolean {
  return subscriptions.some(({ ended_at, current_period_end }) => {
    const endsAtMs = Date.parse(current_period_end);
    return ended_at === null && knownAtMs - TEST_MAX_MS <= endsAtMs && endsAtMs <= Date.now() + TEST_MAX_MS;
  });
}

/** A customer that fits (unless told, one that pays) and that no other test has or gets. Ordinary ones read English and
 * share no address. */
export function takeCustomer(fits: (customer: Customer) => boolean = ({ subscriptions }) => subscriptions.some(renews), { ordinary = true } = {}): Customer {
  const folder = process.env.FOYER_CLAIMS_DIR;
  if (folder === undefined) throw new Error("FOYER_CLAIMS_DIR is not set: lib/setup.ts sets it when it starts Foyer");
  const isOrdinary = (customer: Customer) => customer.locale !== "de" && customer.shared_addresses === 0;
  const candidates = customers().filter((customer) => (!ordinary || isOrdinary(customer)) && !renewsMeanwhile(customer) && fits(customer));
  for (const customer of candidates) {
    try {
      mkdirSync(join(folder, customer.customer_id));
      return customer;
    } catch {
      // Another test was first.
    }
  }
  throw new Error(`none of ${customers().length} customers is left that fits (${candidates.length} fit)`);
}

/** Running, for money, and going to renew: it can be canceled. */
export const renews = (subscription: Subscription): boolean =>
  subscription.status === "active" && !subscription.cancel_at_period_end && subscription.amount_minor > 0;

/** "Team, 12 seats", as the portal names it. */
export function owner(customer: Customer): Member {
  const found = customer.members.find(({ role }) => role === "owner");
  if (found === undefined) throw new Error(`customer ${customer.customer_id} has no owner`);
  return found;
}

/** The address that a customer's member shares with another customer, and the names of both. */
export function sharedAddress(customerId: string): { email: string; customer_names: string[] } {
  const [found] = rows<{ email: string; customer_names: string[] }>(`
    select min(member.email) as email, json_agg(coalesce(customer.name, customer.email) order by customer.customer_id) as customer_names
    from member join customer using (organization_id, customer_id)
    where member.deleted_at is null
      and exists (select from member as own where own.customer_id = '${customerId}' and lower(own.email) = lower(member.email))
    group by lower(member.email) having count(*) > 1`);
  if (found === undefined) throw new Error(`no member of ${customerId} belongs to another customer`);
  return found;
}

/** What the portal calls a subscription: "Pro" or "Team, 12 seats". */
export function planName(subscription: Subscription, locale: Locale = "en"): string {
  const { product_name: plan, seats } = subscription;
  return seats === null ? plan : text("subscription.plan_seats", { plan, count: seats }, locale);
}
