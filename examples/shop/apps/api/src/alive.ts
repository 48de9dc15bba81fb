// Exits 0 if the worker of this container went round its loop in the last minute.
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { createClient } from "redis";

/** The key that the worker keeps alive. */
export const HEARTBEAT = `alive:${hostname()}`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const queue = createClient({ url: process.env.QUEUE_URL ?? "redis://queue:6379" });
  await queue.connect();
  const alive = await queue.exists(HEARTBEAT);
  await queue.close();
  process.exit(alive ? 0 : 1);
}
