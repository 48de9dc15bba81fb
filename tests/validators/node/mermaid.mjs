// Every Mermaid diagram of the documents through Mermaid's own parser.
import { JSDOM } from "jsdom";
import MarkdownIt from "markdown-it";
import { answer, request, text } from "./answer.mjs";

// Mermaid looks for a browser while it is imported, so the browser must be there first.
const { window } = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

const markdown = new MarkdownIt();
const findings = [];
for (const file of request.files) {
  for (const token of markdown.parse(text(file), {})) {
    if (token.type !== "fence" || token.info.trim() !== "mermaid") continue;
    try {
      await mermaid.parse(token.content);
    } catch (error) {
      findings.push({ file, line: token.map[0] + 1, message: error.message.split("\n").slice(0, 4).join(" | ") });
    }
  }
}
answer(findings);
