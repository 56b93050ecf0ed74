// Every page of the portal, for what has to hold on all of them.

import { renews, type Customer } from "./customers.ts";

/** A customer that has something on every page. */
export const hasAll = ({ subscriptions, orders, methods, type }: Customer): boolean =>
  type === "team" && orders.length > 0 && methods.length > 0 && subscriptions.some((it) => renews(it) && !it.is_changing);

/** The pages of a signed-in customer: a name, and the path below the portal. */
export function pagesOf(customer: Customer): { name: string; path: string }[] {
  const subscription = customer.subscriptions.find((it) => renews(it) && !it.is_changing);
  const running = subscription?.subscription_id;
  const order = customer.orders[0]?.order_id;
  return [
    { name: "overview", path: "" },
    { name: "subscription", path: `subscriptions/${running}` },
    { name: "cancel", path: `subscriptions/${running}/cancel` },
    { name: "cancel now", path: `subscriptions/${running}/cancel/now` },
    { name: "plan", path: `subscriptions/${running}/plan` },
    { name: "pause", path: `subscriptions/${running}/pause` },
    ...(subscription?.seats == null ? [] : [
      { name: "seats", path: `subscriptions/${running}/seats` },
      { name: "seats' quote", path: `subscriptions/${running}/seats?seats=${subscription.seats + 1}` },
    ]),
    { name: "payment method of a subscription", path: `subscriptions/${running}/payment-method` },
    { name: "orders", path: "orders" },
    { name: "open orders", path: "orders?status=open" },
    { name: "order", path: `orders/${order}` },
    { name: "billing", path: "settings/billing" },
    { name: "payment methods", path: "settings/payment-methods" },
    { name: "adding a payment method", path: "settings/payment-methods/add" },
    { name: "payments", path: "settings/payments" },
    { name: "sessions", path: "settings/sessions" },
    { name: "activity", path: "settings/activity" },
  ];
}
