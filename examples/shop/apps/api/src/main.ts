// The ordering API.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createClient } from "redis";
import { close, number, ready, store } from "./orders.ts";
import { genuine } from "./webhooks.ts";

const queue = createClient({ url: process.env.QUEUE_URL ?? "redis://queue:6379" });

const server = createServer(async (request, response) => {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  try {
    if (request.url === "/healthz") return answer(200, { status: "ok" });
    if (request.url === "/ready") return answer(200, (await ready(), { status: "ready" }));
    if (request.method === "POST" && request.url === "/api/orders") {
      const { email, total } = JSON.parse(await text(request)) as { email: string; total: number };
      const id = await store(email, total);
      await queue.lPush("confirmations", JSON.stringify({ id, email }));
      return answer(201, { order: number(id) });
    }
    if (request.method === "POST" && request.url === "/api/webhooks/stripe") {
      const signature = String(request.headers["x-signature"] ?? "");
      const believed = genuine(await text(request), signature, process.env.STRIPE_KEY ?? "");
      return answer(believed ? 204 : 401, {});
    }
    answer(404, { error: "not found" });
  } catch (error) {
    console.error(JSON.stringify({ level: "error", message: String(error) }));
    answer(500, { error: "internal" });
  }
});

await queue.connect();
server.listen(8080);
process.on("SIGTERM", () => server.close(() => Promise.all([queue.close(), close()])));
