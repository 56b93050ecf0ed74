import { demo } from "../lib/demo.ts";
import { expect, type Operations } from "./frame.ts";

export const operations: Operations = {
  "customer_portal:organizations:get": {
    who: "anyone",
    sample: { path: { slug: "nobody-there" } },
    async success({ call }) {
      const { slug, id } = demo().organization;
      const found = await call("", { path: { slug } });
      expect(found.organization).toMatchObject({ id, slug });
      expect(found.products.length).toBeGreaterThan(2);
    },
    async errors({ refused }) {
      expect(await refused("", { path: { slug: "nobody-there" } })).toBe(404);
    },
  },
};
