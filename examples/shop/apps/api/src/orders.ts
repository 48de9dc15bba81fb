// Orders: how they are numbered and stored.
import { Pool } from "pg";

const pool = new Pool({ connectionString: process.env.DATABASE_URL });

/** What people see of an order's id: eight digits. */
export const number = (id: number): string => String(id).padStart(8, "0");

export async function store(email: string, total: number): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    "insert into orders (email, total) values ($1, $2) returning id",
    [email, total],
  );
  const row = rows[0];
  if (!row) throw new Error("the order was not stored");
  return row.id;
}

export const ready = async (): Promise<void> => void (await pool.query("select 1"));

export const close = (): Promise<void> => pool.end();
