// A program that is told by webhooks: it notes what comes and answers 204.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Message {
  headers: Record<string, string>;
  body: string;
}

export interface Receiver {
  url: string;
  /** The next message that was not taken yet. */
  next(): Promise<Message>;
  close(): Promise<void>;
}

const WAIT_MS = 20_000;

export async function receiver(): Promise<Receiver> {
  const messages: Message[] = [];
  let arrived: () => void = () => undefined;
  const server = createServer((request, answer) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      messages.push({ headers: request.headers as Record<string, string>, body: Buffer.concat(parts).toString("utf8") });
      answer.writeHead(204).end();
      arrived();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    async next() {
      const until = Date.now() + WAIT_MS;
      for (;;) {
        const message = messages.shift();
        if (message !== undefined) return message;
        if (Date.now() > until) throw new Error("no webhook came");
        await new Promise<void>((done) => {
          arrived = done;
          setTimeout(done, 500);
        });
      }
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
