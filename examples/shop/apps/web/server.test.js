import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./server.js";

test("the page lists goods with prices", () => assert.match(page(), /Lamp: 129\.00 \$/));
