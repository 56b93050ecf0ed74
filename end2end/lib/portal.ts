// A portal as a test walks through it.

import { expect, type Locator, type Page } from "@playwright/test";
import { foyer } from "./cli.ts";
import { demo } from "./demo.ts";
import { Mailbox } from "./mailbox.ts";
import { pattern, text, type Locale } from "./texts.ts";

const EVENTS = /\/portal\/events$/;

export class Portal {
  readonly slug = demo().organization.slug;
  readonly organization = demo().organization.name;
  readonly main: Locator;
  readonly title: Locator;

  constructor(
    readonly page: Page,
    /** Whether this browser runs script. */
    readonly hasScript: boolean,
    private readonly locale: Locale = "en",
    readonly isPhone = false,
  ) {
    this.main = page.locator("main");
    this.title = page.getByRole("heading", { level: 1 });
  }

  /** What the portal says, in this reader's language. */
  t(key: string, values: Record<string, string | number> = {}): string {
    return text(key, values, this.locale);
  }

  pattern(key: string, values: Record<string, string | number> = {}): RegExp {
    return pattern(key, values, this.locale);
  }

  /** A path of the portal: `path("orders")` is `/acme/portal/orders`. */
  path(rest = ""): string {
    return `/${this.slug}/portal${rest === "" ? "" : `/${rest}`}`;
  }

  /** Opens a page of a signed-in customer and waits until it is alive; answers with the status. */
  async open(rest = ""): Promise<number> {
    const alive = this.hasScript ? this.page.waitForRequest(EVENTS) : undefined;
    // Where the page does not come (a redirect, a failure) the status tells more than the missing stream.
    alive?.catch(() => undefined);
    const response = await this.page.goto(this.path(rest));
    await alive;
    return response?.status() ?? 0;
  }

  /** Does what reloads or goes to another document, and waits until that is alive. */
  async whileLoading(step: () => Promise<unknown>): Promise<void> {
    const alive = this.hasScript ? this.page.waitForRequest(EVENTS) : undefined;
    alive?.catch(() => undefined);
    await step();
    await alive;
  }

  /** Signs the owner of a customer in by a hand-over link, as the company's own application does. */
  async signIn(email: string, rest = ""): Promise<void> {
    await this.whileLoading(() => this.page.goto(handOver(email)));
    await expect(this.page).toHaveURL(this.path());
    if (rest !== "") await this.open(rest);
  }

  /** Signs any member in, by the code of a mail. */
  async signInByCode(email: string): Promise<void> {
    const mailbox = await Mailbox.open(email);
    await this.page.goto(this.path("sign-in"));
    await this.askForCode(email);
    const { code } = secretsOf(await mailbox.next());
    await this.whileLoading(() => this.enterCode(code));
    await expect(this.page).toHaveURL(this.path());
  }

  /** A button by its whole name. */
  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  /** A link in the page's content by its whole name. */
  link(name: string | RegExp): Locator {
    return this.main.getByRole("link", { name, exact: typeof name === "string" });
  }

  /** A link in the navigation. */
  room(name: string): Locator {
    return this.page.getByRole("navigation", { name: this.t("nav.label") }).getByRole("link", { name, exact: true });
  }

  async askForCode(email: string): Promise<void> {
    await this.page.getByLabel(this.t("sign_in.email_label")).fill(email);
    await this.button(this.t("sign_in.submit")).click();
    await expect(this.title).toHaveText(this.t("code.title"));
  }

  async enterCode(code: string): Promise<void> {
    await this.page.getByLabel(this.t("code.label")).fill(code);
    await this.button(this.t("code.submit")).click();
  }
}

/** A one-time URL that signs the owner of a customer in; made by the program itself. */
export function handOver(email: string, ...options: string[]): string {
  const printed = foyer("hand-over", "create", "--organization", demo().organization.slug, "--email", email, ...options);
  const url = /https?:\/\/\S+/.exec(printed)?.[0];
  if (url === undefined) throw new Error("foyer hand-over create printed no URL");
  return url;
}

/** The code and the link of a sign-in mail. */
export function secretsOf(mail: { subject: string; text: string }): { code: string; link: string } {
  const code = /^([0-9A-Z]{6}) /.exec(mail.subject)?.[1];
  const link = /https?:\/\/\S+\/sign-in\/link\?t=\S+/.exec(mail.text)?.[0];
  if (code === undefined || link === undefined) throw new Error(`no code or link in the mail "${mail.subject}"`);
  return { code, link };
}

/** Codes that are not `code`: each differs in its last character. */
export function wrongCodes(code: string, count: number): string[] {
  const others = [..."23456789ABCDEFGHJKMNPQRSTUVWXYZ"].filter((character) => character !== code[5]);
  return others.slice(0, count).map((character) => code.slice(0, 5) + character);
}
