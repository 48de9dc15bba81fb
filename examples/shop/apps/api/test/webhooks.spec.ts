// A webhook is believed only with the provider's signature: the control "webhook-signature".
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { genuine } from "../src/webhooks.ts";

const key = "test-key";
const body = '{"paid":true}';
const signature = createHmac("sha256", key).update(body).digest("hex");

test("a signed webhook is believed", () => assert.ok(genuine(body, signature, key)));
test("a changed body is not", () => assert.ok(!genuine(body.replace("true", "1"), signature, key)));
test("another key is not", () => assert.ok(!genuine(body, signature, "other")));
test("a missing signature is not", () => assert.ok(!genuine(body, "", key)));
