// KDL 2 by an independent reader.
import { parse } from "@bgotink/kdl";
import { answer, request, text } from "./answer.mjs";

const findings = [];
for (const file of request.files) {
  try {
    parse(text(file));
  } catch (error) {
    findings.push({ file, message: `@bgotink/kdl: ${error.message}` });
  }
}
answer(findings);
