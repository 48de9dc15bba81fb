// Reads YAML with the reader of another language than Python and answers the values with their types spelled out.
import { parseAllDocuments } from "yaml";
import { answer, request, text } from "./answer.mjs";

function encoded(value) {
  if (value instanceof Map) {
    return ["map", [...value].map(([key, inner]) => [encoded(key), encoded(inner)])];
  }
  if (Array.isArray(value)) return ["list", value.map(encoded)];
  if (typeof value === "boolean") return ["bool", value];
  if (value === null || value === undefined) return ["null"];
  if (typeof value === "bigint") return ["int", value.toString()];
  if (typeof value === "number") return Number.isInteger(value) ? ["int", String(value)] : ["float", String(value)];
  return ["str", value];
}

const findings = [];
for (const file of request.files) {
  let message;
  try {
    const documents = parseAllDocuments(text(file), { intAsBigInt: true, uniqueKeys: true });
    const wrong = [...documents].flatMap((document) => document.errors);
    if (wrong.length > 0) throw wrong[0];
    message = { value: ["list", [...documents].map((document) => encoded(document.toJS({ mapAsMap: true })))] };
  } catch (error) {
    message = { error: error.message };
  }
  findings.push({ file, message: JSON.stringify(message) });
}
answer(findings);
