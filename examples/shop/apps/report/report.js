// Sums up yesterday's orders.
import { money } from "@shop/shared";
import pg from "pg";

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const { rows } = await client.query(
  "select count(*)::int as orders, coalesce(sum(total), 0)::int as total from orders where created >= current_date - 1 and created < current_date",
);
await client.end();
console.log(JSON.stringify({ level: "info", message: "report", orders: rows[0].orders, total: money(rows[0].total) }));
