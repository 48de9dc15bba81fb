// The storefront.
import { createServer } from "node:http";
import { money } from "@shop/shared";

const goods = [["Mug", 990], ["Shirt", 2490], ["Lamp", 12900]];

export const page = () =>
  `<!doctype html><title>Shop</title><ul>${goods.map(([name, cents]) => `<li>${name}: ${money(cents)}`).join("")}</ul>`;

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
  const server = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(page()));
  server.listen(3000);
  process.on("SIGTERM", () => server.close());
}
