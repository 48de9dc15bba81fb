// Webhooks of the payment provider: which ones are believed.
import { createHmac, timingSafeEqual } from "node:crypto";

/** Whether `signature` is the HMAC-SHA256 of `body` under `key`, in hexadecimal. */
export function genuine(body: string, signature: string, key: string): boolean {
  const expected = createHmac("sha256", key).update(body).digest();
  const given = Buffer.from(signature, "hex");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
