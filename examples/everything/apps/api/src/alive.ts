// Exits 0 if the worker went round its loop in the last minute.
import { stat } from "node:fs/promises";

const { mtimeMs } = await stat("/tmp/alive");
process.exit(Date.now() - mtimeMs < 60_000 ? 0 : 1);
