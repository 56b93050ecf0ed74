// Every page of the portal, for what has to hold on all of them.

import { renews, type Customer } from "./customers.ts";

/** A customer that has something on every page. */
export const hasAll = ({ subscriptions, orders, type }: Customer): boolean =>
  type === "team" && orders.length > 0 && subscriptions.some(renews);

/** The pages of a signed-in customer: a name, and the path below the portal. */
export function pagesOf(customer: Customer): { name: string; path: string }[] {
  const running = customer.subscriptions.find(renews)?.subscription_id;
  const order = customer.orders[0]?.order_id;
  return [
    { name: "overview", path: "" },
    { name: "subscription", path: `subscriptions/${running}` },
    { name: "cancel", path: `subscriptions/${running}/cancel` },
    { name: "orders", path: "orders" },
    { name: "open orders", path: "orders?status=open" },
    { name: "order", path: `orders/${order}` },
    { name: "billing", path: "settings/billing" },
    { name: "sessions", path: "settings/sessions" },
    { name: "activity", path: "settings/activity" },
  ];
}
