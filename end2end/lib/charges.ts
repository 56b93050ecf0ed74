// Charges as the worker makes them: a subscription falls due, and its card behaves as a test wants.

import { renews, takeCustomer, type Customer, type Subscription } from "./customers.ts";
import { execute, rows } from "./database.ts";
import { expect } from "./fixtures.ts";

/** What the sandbox's books call the behavior of a card. */
export type Behavior = "approve" | "decline_insufficient_funds" | "decline_expired_card" | "decline_lost_card" | "decline_generic" | "requires_action";

export interface Charged {
  customer: Customer;
  subscription: Subscription;
}

/** A customer with one subscription that renews, and a card in the sandbox that pays. */
export function takeCharged(fits: (customer: Customer) => boolean = () => true): Charged {
  const customer = takeCustomer(
    (it) =>
      it.subscriptions.length === 1 &&
      it.subscriptions.every((one) => renews(one) && !one.is_changing) &&
      it.orders.every(({ status }) => status === "paid") &&
      it.methods.length === 1 &&
      fits(it),
  );
  const [subscription] = customer.subscriptions;
  if (subscription === undefined) throw new Error("unreachable: it has one");
  behaves(customer.customer_id, "approve");
  return { customer, subscription };
}

export interface Method {
  payment_method_id: string;
  last4: string;
  brand: string;
  is_default: boolean;
  is_backup: boolean;
}

/** The saved methods of a customer, oldest first. */
export function methodsOf(customerId: string): Method[] {
  return rows<Method>(`
    select m.payment_method_id, m.last4, m.brand, m.payment_method_id = c.default_payment_method_id as is_default,
      m.payment_method_id is not distinct from c.backup_payment_method_id as is_backup
    from payment_method m join customer c using (organization_id, customer_id)
    where m.customer_id = '${customerId}' and m.deleted_at is null order by m.created_at, m.payment_method_id`);
}

/** From now on all saved cards of the customer behave so. */
export function behaves(customerId: string, behavior: Behavior): void {
  execute(`update sandbox.method set behavior = '${behavior}' where processor_method_id in
    (select processor_method_id from payment_method where customer_id = '${customerId}')`);
}

export interface Order {
  order_id: string;
  status: string;
  total_minor: number;
  currency: string;
}

/** The period of a subscription ends now: the worker renews it and charges its card. Waits for what comes of it. */
export async function renew({ customer, subscription }: Charged, behavior: Behavior): Promise<Order> {
  behaves(customer.customer_id, behavior);
  const known = ordersOf(subscription).length;
  const now = "date_trunc('second', now())";
  execute(`update subscription set current_period_end = ${now}, due_at = ${now} where subscription_id = '${subscription.subscription_id}'`);
  const isCharged = () => {
    const [newest, ...older] = ordersOf(subscription);
    return older.length === known && newest !== undefined && rows(`select from payment_attempt
      where order_id = '${newest.order_id}' and (settled_at is not null or state = 'requires_action')`).length > 0;
  };
  await expect.poll(isCharged, { message: "the worker charges the renewal", timeout: 20_000 }).toBe(true);
  const [order] = ordersOf(subscription);
  if (order === undefined) throw new Error("unreachable: it was found");
  return order;
}

/** The orders of a subscription, newest first. */
export function ordersOf({ subscription_id: id }: Subscription): Order[] {
  return rows<Order>(`select order_id, status, total_minor, currency from orders where subscription_id = '${id}' order by created_at desc, order_id desc`);
}

/** How an order stands, its subscription, and every try to charge it, oldest first. */
export function standing(orderId: string): { order: string; subscription: string; tries: string[] } {
  const [found] = rows<{ order: string; subscription: string; tries: string[] }>(`
    select o.status as order, s.status as subscription,
      (select coalesce(json_agg(a.trigger || ' ' || a.state order by a.created_at, a.payment_attempt_id), '[]') from payment_attempt a
        where a.organization_id = o.organization_id and a.order_id = o.order_id) as tries
    from orders o join subscription s using (organization_id, subscription_id) where o.order_id = '${orderId}'`);
  if (found === undefined) throw new Error(`there is no order ${orderId}`);
  return found;
}

/** How often the sandbox took money for an order, in its own books. */
export function chargesOf(orderId: string): number {
  return rows(`select from sandbox.payment p join payment_attempt a on a.payment_attempt_id = p.idempotency_key
    where a.order_id = '${orderId}' and p.state = 'succeeded'`).length;
}
