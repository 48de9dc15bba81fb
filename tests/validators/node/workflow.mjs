// GitHub's own language service over workflows; its bundled text is what runs.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { validate } from "@actions/languageservice/validate";
import { TextDocument } from "vscode-languageserver-textdocument";
import { answer, request, text } from "./answer.mjs";

// A reusable workflow of the same repository is read from the tree.
const fileProvider = {
  async getFileContent(reference) {
    const path = join(request.root, reference.path ?? "");
    if (!existsSync(path)) throw new Error(`${reference.path} is not in the tree`);
    return { name: reference.path, content: readFileSync(path, "utf8") };
  },
};

const findings = [];
for (const file of request.files) {
  const document = TextDocument.create(`file:///${file}`, "yaml", 1, text(file));
  for (const one of await validate(document, { fileProvider })) {
    // Information and hints tell what a cron line means; they are no findings.
    if ((one.severity ?? 1) > 2) continue;
    findings.push({ file, line: one.range.start.line + 1, message: one.message });
  }
}
answer(findings);
