// A real SMTP server that keeps what it gets, and a small HTTP server through which the tests read it: they run in other
// processes than the one that starts it.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

/** A mail as it arrived. */
export interface Mail {
  /** Counts from 1 in the order of arrival. */
  number: number;
  /** The envelope's recipients, lower case. */
  to: string[];
  from: string;
  subject: string;
  messageId: string;
  text: string;
  html: string;
  headers: Record<string, string>;
}

export interface MailServer {
  smtpUrl: string;
  /** `GET ?after=N` answers with the mails from number N + 1 on. */
  httpUrl: string;
  stop(): Promise<void>;
}

const MESSAGE_MAX_BYTES = 5_000_000;

export async function startMailServer(): Promise<MailServer> {
  const mails: Mail[] = [];
  const smtp = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    size: MESSAGE_MAX_BYTES,
    logger: false,
    onData(stream, session, done) {
      simpleParser(stream).then(
        (parsed) => {
          mails.push({
            number: mails.length + 1,
            to: session.envelope.rcptTo.map((recipient) => recipient.address.toLowerCase()),
            from: parsed.from?.text ?? "",
            subject: parsed.subject ?? "",
            messageId: parsed.messageId ?? "",
            text: parsed.text ?? "",
            html: parsed.html === false ? "" : parsed.html,
            headers: Object.fromEntries(parsed.headerLines.map(({ key, line }) => [key, line.slice(key.length + 1).trim()])),
          });
          done();
        },
        (error: Error) => done(error),
      );
    },
  });
  const http = createServer((request, response) => {
    const after = Number(new URL(request.url ?? "/", "http://localhost").searchParams.get("after") ?? "0");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(mails.filter((mail) => mail.number > after)));
  });
  const smtpPort = await listen(smtp.server as Server);
  const httpPort = await listen(http);
  return {
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
    httpUrl: `http://127.0.0.1:${httpPort}/`,
    async stop() {
      http.close();
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
}

function listen(server: Pick<Server, "listen" | "once" | "address">): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
