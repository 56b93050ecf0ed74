// The link of a mail about a failed payment.

import type { Mail } from "./mail-server.ts";

/** The pay link of a mail. */
export function payLinkOf({ subject, text, html }: Mail): string {
  const url = /https?:\/\/\S+\/portal\/pay\/[\w-]+/.exec(text)?.[0];
  if (url === undefined) throw new Error(`no pay link in the mail "${subject}"`);
  // Slashes stand escaped in the HTML.
  if (!html.replaceAll("&#x2f;", "/").includes(url)) throw new Error(`the HTML of "${subject}" has another link than its text`);
  return url;
}
