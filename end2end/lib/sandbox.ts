// The sandbox's own pages, where a card is entered and a charge approved: another site than the portal.

import { expect, type Page } from "@playwright/test";
import { farExpiry, type Card } from "./cards.ts";

/** With this security code a declining card is refused already when it is entered. */
export const REFUSING_CVC = "101";

export class SandboxPage {
  constructor(readonly page: Page) {}

  /** Where it is; its pages are on another host name than the portal. */
  static origin(): string {
    const url = process.env.FOYER_SANDBOX_URL;
    if (url === undefined) throw new Error("FOYER_SANDBOX_URL is not set: lib/setup.ts sets it when it starts Foyer");
    return url;
  }

  /** Waits for the page on which a card is entered, types it and sends it. */
  async enter(card: Card, { expiry = farExpiry(), cvc = "123" } = {}): Promise<void> {
    await this.isAt("setups");
    await this.page.locator("#number").fill(card.number);
    await this.page.locator("#expiry").fill(expiry);
    await this.page.locator("#cvc").fill(cvc);
    await this.page.locator("#name").fill("Ada Lovelace");
    await this.page.locator("form button").click();
  }

  /** Waits for the bank's question and answers it. */
  async answer(approves: boolean): Promise<void> {
    await expect(this.page.locator("button[name=approves]")).toHaveCount(2);
    expect(new URL(this.page.url()).origin).toBe(SandboxPage.origin());
    await this.page.locator(`button[name=approves][value=${approves}]`).click();
  }

  /** Leaves without having done anything. */
  async leave(): Promise<void> {
    await this.page.locator("form a").click();
  }

  async isAt(kind: "setups" | "payments"): Promise<void> {
    await expect(this.page).toHaveURL(new RegExp(`^${SandboxPage.origin()}/${kind}/[^/?]+(/challenge)?$`));
  }
}
