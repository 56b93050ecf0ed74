// Cards entered in Stripe's own fields within our page: added, declined, asked about by the bank, and charged.

import { ASKS_ONCE, DECLINED, GOOD } from "../lib/cards.ts";
import { methodsOf, renew, standing, takeCharged } from "../lib/charges.ts";
import { rows } from "../lib/database.ts";
import type { Portal } from "../lib/portal.ts";
import { expect, StripeFields, test } from "../lib/stripe.ts";

const ADD = "settings/payment-methods/add";

async function send(portal: Portal) {
  await portal.main.locator('form button[type="submit"]').click();
}

/** A signed-in customer on the page whose fields are there. */
async function atTheFields(portal: Portal) {
  const charged = takeCharged();
  await portal.signIn(charged.customer.email);
  await portal.open(ADD);
  await expect(portal.page.locator("#card-frame input").first()).toBeVisible();
  return charged;
}

test.describe("Stripe", { tag: "@stripe" }, () => {
  test("a card is added without its number passing through us, and charged by the worker", async ({ page, portal, stripe }) => {
    const bodies: string[] = [];
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== stripe.url) bodies.push(`${request.url()} ${request.postData() ?? ""}`);
    });
    const charged = await atTheFields(portal);
    await portal.main.getByRole("checkbox").check();
    await new StripeFields(page).enter(GOOD.number);
    await send(portal);
    await expect(page).toHaveURL(/done=added/);
    await expect(portal.main).toContainText(GOOD.name);
    expect(bodies.length).toBeGreaterThan(0);
    expect(bodies.filter((body) => body.includes(GOOD.number))).toEqual([]);
    const method = methodsOf(charged.customer.customer_id).find(({ is_default }) => is_default);
    expect(rows(`select from payment_method where payment_method_id = '${method?.payment_method_id}' and processor = 'stripe'`)).toHaveLength(1);

    const order = await renew(charged, "decline_generic");
    expect(standing(order.order_id)).toMatchObject({ order: "paid", subscription: "active", tries: ["subscription_cycle succeeded"] });
    const [attempt] = rows<{ id: string; processor_payment_id: string }>(`select payment_attempt_id as id, processor_payment_id from payment_attempt where order_id = '${order.order_id}'`);
    const taken = (await stripe.list<{ id: string; amount: number; status: string; metadata: Record<string, string> }>("payment_intents")).filter(
      ({ metadata }) => metadata.foyer_payment_attempt_id === attempt?.id,
    );
    expect(taken).toMatchObject([{ id: attempt?.processor_payment_id, amount: order.total_minor, status: "succeeded" }]);
    // The processor's message about it comes a second later, is signed, and changes nothing any more.
    await expect.poll(() => rows("select from processor_event where processor = 'stripe'").length).toBeGreaterThan(0);
    expect(standing(order.order_id)).toMatchObject({ order: "paid", subscription: "active", tries: ["subscription_cycle succeeded"] });
  });

  test("a declined card adds nothing; the page says so and takes another one", async ({ page, portal, expectProblem }) => {
    expectProblem(/status of 402/);
    const { customer } = await atTheFields(portal);
    await new StripeFields(page).enter(DECLINED.number);
    await send(portal);
    await expect(portal.main.getByRole("alert")).toContainText("declined");
    expect(methodsOf(customer.customer_id)).toHaveLength(1);
    await new StripeFields(page).enter(GOOD.number);
    await send(portal);
    await expect(page).toHaveURL(/done=added/);
    expect(methodsOf(customer.customer_id)).toHaveLength(2);
  });

  test("the bank asks: refused it adds nothing, approved it adds the card", async ({ page, portal }) => {
    const { customer } = await atTheFields(portal);
    await new StripeFields(page).enter(ASKS_ONCE.number);
    await send(portal);
    await page.getByRole("button", { name: "Fail authentication" }).click();
    await expect(portal.main.getByRole("alert")).toContainText(/authentication/i);
    expect(methodsOf(customer.customer_id)).toHaveLength(1);
    await send(portal);
    await page.getByRole("button", { name: "Complete authentication" }).click();
    await expect(page).toHaveURL(/done=added/);
    await expect(portal.main).toContainText(ASKS_ONCE.name);
    expect(methodsOf(customer.customer_id)).toHaveLength(2);
  });

  test("a failed payment is made good with a new card on the spot", async ({ page, portal, stripe }) => {
    const charged = takeCharged();
    const order = await renew(charged, "decline_generic");
    expect(standing(order.order_id)).toMatchObject({ order: "pending", subscription: "past_due" });
    await portal.signIn(charged.customer.email);
    await portal.open(`${ADD}?order=${order.order_id}`);
    await new StripeFields(page).enter(GOOD.number);
    await send(portal);
    await expect(page).toHaveURL(/done=paid/);
    expect(standing(order.order_id)).toMatchObject({ order: "paid", subscription: "active" });
    const attempts = rows<{ id: string }>(`select payment_attempt_id as id from payment_attempt where order_id = '${order.order_id}' and state = 'succeeded'`);
    const taken = await stripe.list<{ status: string; metadata: Record<string, string> }>("payment_intents");
    expect(taken.filter(({ metadata, status }) => status === "succeeded" && metadata.foyer_payment_attempt_id === attempts[0]?.id)).toHaveLength(1);
  });
});
