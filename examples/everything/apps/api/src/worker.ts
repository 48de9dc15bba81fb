// Takes confirmations from the queue and sends them.
import { utimes, writeFile } from "node:fs/promises";
import { createClient } from "redis";
import { number } from "./orders.ts";

const HEARTBEAT = "/tmp/alive";

const queue = createClient({ url: process.env.QUEUE_URL });
let running = true;
process.on("SIGTERM", () => (running = false));

await queue.connect();
await writeFile(HEARTBEAT, "");
while (running) {
  const item = await queue.brPop("confirmations", 5);
  if (item) {
    const { id, email } = JSON.parse(item.element) as { id: number; email: string };
    console.log(JSON.stringify({ level: "info", message: "confirmed", order: number(id), email }));
  }
  await utimes(HEARTBEAT, new Date(), new Date());
}
await queue.close();
