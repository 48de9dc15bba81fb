// The protocol between the harness and its node scripts: a request with files on stdin, findings as JSON on stdout.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const request = JSON.parse(readFileSync(0, "utf8"));

export const text = (file) => readFileSync(join(request.root, file), "utf8");

export const answer = (findings) => process.stdout.write(JSON.stringify(findings));
