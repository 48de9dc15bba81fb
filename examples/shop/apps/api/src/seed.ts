// Fills an empty database with orders to look at.
import { close, store } from "./orders.ts";

for (const total of [990, 2490, 12900]) await store("seed@shop.example", total);
await close();
