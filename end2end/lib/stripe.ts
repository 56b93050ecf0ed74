// Journeys with Stripe, or what stands in for it: `import { test, expect } from "../lib/stripe.ts"`.
//
// The worker starts localstripe and a Foyer of its own that charges through it.

import type { Page } from "@playwright/test";
import { foyer } from "./cli.ts";
import { demo } from "./demo.ts";
import { test as base } from "./fixtures.ts";
import { announce, startFoyer } from "./foyer.ts";
import { startLocalstripe } from "./localstripe.mjs";

export { expect } from "./fixtures.ts";

/** Enough for each test to have one of its own. */
const CUSTOMERS = 200;

export const test = base.extend<object, { stripe: Stripe }>({
  stripe: [
    async ({}, use) => {
      const superuserUrl = process.env.TEST_DATABASE_URL;
      const smtpUrl = process.env.FOYER_MAILS_SMTP_URL;
      if (superuserUrl === undefined || smtpUrl === undefined) throw new Error("these journeys start a Foyer of their own: run them by make test-portal");
      const local = await startLocalstripe();
      const own = await startFoyer(superuserUrl, smtpUrl, {
        customers: CUSTOMERS,
        log: `foyer-stripe-${process.pid}`,
        settings: {
          FOYER_STRIPE_SECRET_KEY: SECRET_KEY,
          FOYER_STRIPE_PUBLISHABLE_KEY: "pk_test_12345",
          FOYER_STRIPE_API_URL: local.url,
          FOYER_STRIPE_JS_URL: `${local.url}/js.stripe.com/v3/`,
          FOYER_STRIPE_ELEMENT: "card",
          FOYER_STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
        },
      });
      announce(own);
      await sendMessages(local.url, `${own.baseUrl}/webhooks/stripe`);
      foyer("organization", "processor", demo().organization.slug, "stripe");
      await use(new Stripe(local.url));
      await own.stop();
      await local.stop();
    },
    { scope: "worker", auto: true, timeout: 180_000 },
  ],
});

const SECRET_KEY = "sk_test_12345";
const WEBHOOK_SECRET = "whsec_0123456789abcdef";

/** From now on it tells Foyer what happens. */
async function sendMessages(stripeUrl: string, url: string): Promise<void> {
  const body = JSON.stringify({ url, secret: WEBHOOK_SECRET });
  const answer = await fetch(`${stripeUrl}/_config/webhooks/foyer`, { method: "POST", headers: { "content-type": "application/json" }, body });
  if (!answer.ok) throw new Error(`localstripe sends no messages: ${answer.status}`);
}

export class Stripe {
  constructor(readonly url: string) {}

  /** What the processor has of one kind. */
  async list<Item>(kind: string, query = ""): Promise<Item[]> {
    const answer = await fetch(`${this.url}/v1/${kind}?limit=100${query}`, { headers: { authorization: `Bearer ${SECRET_KEY}` } });
    if (!answer.ok) throw new Error(`${kind}: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { data: Item[] }).data;
  }
}

/** The processor's fields within our page, as far as localstripe has them: it draws inputs where Stripe has a frame of its own. */
export class StripeFields {
  constructor(private readonly page: Page) {}

  async enter(number: string): Promise<void> {
    const fields = { number, exp_month: "12", exp_year: String(new Date().getFullYear() + 2).slice(-2), cvc: "123", postal_code: "10115" };
    for (const [name, value] of Object.entries(fields)) await this.page.locator(`#card-frame input[placeholder="${name}"]`).fill(value);
  }
}
