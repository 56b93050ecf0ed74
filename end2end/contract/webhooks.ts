import { receiver, type Message, type Receiver } from "../lib/receiver.ts";
import { expect, NOBODY, organizationToken, paying, session, takeCustomer, type Caller, type Found, type Operations } from "./frame.ts";
import { baseUrl } from "../lib/demo.ts";

const ask = async (method: string, path: string, body?: Found): Promise<Found> => {
  const headers = { authorization: `Bearer ${organizationToken()}`, "content-type": "application/json" };
  const answer = await fetch(`${baseUrl()}/v1/webhooks${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? {} : ((await answer.json()) as Found);
};

const made = (url = "https://hooks.example.com/contract") => ask("POST", "/endpoints", { url, format: "raw", events: ["customer.updated"] });
/** There may be 50 at once, so none is left. */
const gone = (endpoint: Found) => ask("DELETE", `/endpoints/${endpoint.id}`);

const unknown = { path: { id: NOBODY } };

async function notFound({ refused }: Caller): Promise<void> {
  expect(await refused(organizationToken(), unknown)).toBe(404);
  expect(await refused(organizationToken(), { path: { id: "no-uuid" } })).toBe(422);
}

/** The next message that fits. Other tests change customers meanwhile, of which the endpoint is told too. */
async function next(listener: Receiver, fits: (headers: Message["headers"]) => boolean): Promise<Message> {
  for (;;) {
    const message = await listener.next();
    if (fits(message.headers)) return message;
  }
}

const isTest = (headers: Message["headers"]) => headers["foyer-webhook-test"] === "true";

/** A test of an endpoint that has arrived, with its id. */
async function told(): Promise<{ listener: Receiver; endpoint: Found; id: string; close(): Promise<void> }> {
  const listener = await receiver();
  const endpoint = await made(listener.url);
  await ask("POST", `/endpoints/${endpoint.id}/test`);
  const message = await next(listener, isTest);
  const close = async () => {
    await gone(endpoint);
    await listener.close();
  };
  return { listener, endpoint, id: message.headers["webhook-id"] ?? "", close };
}

export const operations: Operations = {
  "webhooks:list_webhook_endpoints": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const endpoint = await made();
      const list = await call(organizationToken(), { query: { limit: 100 } });
      expect(list.items.map(({ id }: Found) => id)).toContain(endpoint.id);
      expect(list.pagination.total_count).toBeGreaterThan(0);
      await gone(endpoint);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { page: 0 } })).toBe(422);
    },
  },
  "webhooks:create_webhook_endpoint": {
    who: "organization",
    sample: { body: { url: "http://not-https.example.com", format: "slack", events: [] } },
    async success({ call }) {
      const body = { url: "https://hooks.example.com/billing", name: "Books", format: "raw", events: ["customer.state_changed", "order.paid"] };
      const endpoint = await call(organizationToken(), { body });
      expect(endpoint).toMatchObject({ ...body, enabled: true });
      expect(endpoint.secret).toMatch(/^whsec_/);
      await gone(endpoint);
    },
    async errors({ refused }) {
      const body = { url: "https://hooks.example.com/", format: "raw", events: [] };
      expect(await refused(organizationToken(), { body: { ...body, url: "ftp://hooks.example.com" } })).toBe(422);
      expect(await refused(organizationToken(), { body: { ...body, format: "discord" } })).toBe(422);
      expect(await refused(await session(takeCustomer(paying)), { body })).toBe(401);
    },
  },
  "webhooks:get_webhook_endpoint": {
    who: "organization",
    sample: unknown,
    async success({ call }) {
      const endpoint = await made();
      expect(await call(organizationToken(), { path: { id: endpoint.id } })).toMatchObject({ id: endpoint.id, secret: endpoint.secret });
      await gone(endpoint);
    },
    errors: notFound,
  },
  "webhooks:update_webhook_endpoint": {
    who: "organization",
    sample: { ...unknown, body: { enabled: true } },
    async success({ call }) {
      const endpoint = await made();
      const body = { name: "Changed", enabled: false, events: ["order.created"] };
      expect(await call(organizationToken(), { path: { id: endpoint.id }, body })).toMatchObject({ ...body, url: endpoint.url });
      await gone(endpoint);
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { ...unknown, body: {} })).toBe(404);
      const endpoint = await made();
      expect(await refused(organizationToken(), { path: { id: endpoint.id }, body: { url: "ftp://x.example.com" } })).toBe(422);
      await gone(endpoint);
    },
  },
  "webhooks:delete_webhook_endpoint": {
    who: "organization",
    sample: unknown,
    async success({ call, refused }) {
      const endpoint = await made();
      await call(organizationToken(), { path: { id: endpoint.id } });
      expect(await refused(organizationToken(), { path: { id: endpoint.id } })).toBe(404);
    },
    errors: notFound,
  },
  "webhooks:reset_webhook_endpoint_secret": {
    who: "organization",
    sample: unknown,
    async success({ call }) {
      const endpoint = await made();
      const changed = await call(organizationToken(), { path: { id: endpoint.id } });
      expect(changed.id).toBe(endpoint.id);
      expect(changed.secret).not.toBe(endpoint.secret);
      await gone(endpoint);
    },
    errors: notFound,
  },
  "webhooks:test_webhook_endpoint": {
    who: "organization",
    sample: unknown,
    async success({ call }) {
      const listener = await receiver();
      const endpoint = await made(listener.url);
      const test = await call(organizationToken(), { path: { id: endpoint.id } });
      const message = await next(listener, isTest);
      expect(message.headers).toMatchObject({ "webhook-id": test.webhook_event_id });
      await gone(endpoint);
      await listener.close();
    },
    errors: notFound,
  },
  "webhooks:list_webhook_deliveries": {
    who: "organization",
    sample: { query: {} },
    async success({ call }) {
      const { endpoint, id, close } = await told();
      // The answer is noted right after it came.
      await expect
        .poll(async () => (await call(organizationToken(), { query: { endpoint_id: endpoint.id, query: id, succeeded: true } })).items.length)
        .toBe(1);
      const query = { endpoint_id: [endpoint.id], http_code_class: "2xx", event_type: ["organization.updated"], query: id };
      const [delivery] = (await call(organizationToken(), { query })).items;
      expect(delivery).toMatchObject({ succeeded: true, http_code: 204, webhook_event: { id, type: "organization.updated", skipped: false } });
      expect(JSON.parse(delivery.webhook_event.payload)).toMatchObject({ type: "organization.updated" });
      await close();
    },
    async errors({ refused }) {
      expect(await refused(organizationToken(), { query: { limit: 0 } })).toBe(422);
    },
  },
  "webhooks:redeliver_webhook_event": {
    who: "organization",
    sample: unknown,
    async success({ call }) {
      const { listener, id, close } = await told();
      // Only what has ended begins anew.
      await expect.poll(async () => (await ask("GET", `/deliveries?query=${id}&succeeded=true`)).items.length).toBe(1);
      await call(organizationToken(), { path: { id } });
      await next(listener, (headers) => headers["webhook-id"] === id);
      await close();
    },
    errors: notFound,
  },
};
