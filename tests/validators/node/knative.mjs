// The Knative model over Cloud Run services; it knows types and required keys, not unknown ones.
import { createRequire } from "node:module";
import { parseAllDocuments } from "yaml";
import { answer, request, text } from "./answer.mjs";

const require = createRequire(import.meta.url);
const { Service } = require("@kubernetes-models/knative/serving.knative.dev/v1");

const findings = [];
for (const file of request.files) {
  for (const document of parseAllDocuments(text(file))) {
    try {
      new Service(document.toJS()).validate();
    } catch (error) {
      findings.push({ file, message: error.message });
    }
  }
}
answer(findings);
