// Reading the mails that Foyer has sent, from within a test.

import type { Mail } from "./mail-server.ts";

const POLL_MS = 50;
const WAIT_MS = 15_000;

/** The mails to one address, from the moment the mailbox was opened on. */
export class Mailbox {
  private constructor(
    private readonly url: string,
    readonly address: string,
    private seen: number,
  ) {}

  /** Opens the mailbox of `address`; what lies in it already is not read again. */
  static async open(address: string): Promise<Mailbox> {
    const url = process.env.FOYER_MAILS_URL;
    if (url === undefined) {
      throw new Error("FOYER_MAILS_URL is not set: lib/setup.ts sets it when it starts the SMTP server");
    }
    const mails = await read(url, 0);
    return new Mailbox(url, address.toLowerCase(), mails.at(-1)?.number ?? 0);
  }

  /** The next mail to the address that was not taken yet; waits for it. */
  async next(): Promise<Mail> {
    const deadline = performance.now() + WAIT_MS;
    while (performance.now() < deadline) {
      const mail = (await read(this.url, this.seen)).find(({ to }) => to.includes(this.address));
      if (mail !== undefined) {
        this.seen = mail.number;
        return mail;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`no mail to ${this.address} came within ${WAIT_MS / 1000} s`);
  }

  /** The mails to the address that have come and were not taken, without waiting. */
  async waiting(): Promise<Mail[]> {
    return (await read(this.url, this.seen)).filter(({ to }) => to.includes(this.address));
  }
}

async function read(url: string, after: number): Promise<Mail[]> {
  const response = await fetch(`${url}?after=${after}`);
  return (await response.json()) as Mail[];
}
