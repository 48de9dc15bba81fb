// Every relative link leads to a file of the tree and every anchor to a heading; other files' links into documents as well.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import GithubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";
import { answer, request, text } from "./answer.mjs";

const markdown = new MarkdownIt({ html: true, linkify: true });
const known = new Map();
const findings = [];

// GitHub's anchors: the headings' slugs in order, and ids of HTML elements.
function anchors(path) {
  if (known.has(path)) return known.get(path);
  const found = new Set();
  const slugger = new GithubSlugger();
  const tokens = markdown.parse(readFileSync(join(request.root, path), "utf8"), {});
  tokens.forEach((token, index) => {
    if (token.type === "heading_open") {
      const words = tokens[index + 1].children.filter((one) => ["text", "code_inline"].includes(one.type));
      found.add(slugger.slug(words.map((one) => one.content).join("")));
    }
    for (const part of [token, ...(token.children ?? [])]) {
      if (!part.type.startsWith("html")) continue;
      for (const id of part.content.matchAll(/\b(?:id|name)="([^"]+)"/g)) found.add(id[1]);
    }
  });
  known.set(path, found);
  return found;
}

// What is wrong with a link to this path and fragment of the tree, if anything.
function wrong(path, fragment) {
  if (path.startsWith("..")) return `${path} leaves the tree`;
  if (!existsSync(join(request.root, path))) return `${path} does not exist`;
  if (!fragment) return null;
  if (/^L\d+/.test(fragment)) return `#${fragment} cites a line, which moves with every change`;
  if (!path.endsWith(".md") || !statSync(join(request.root, path)).isFile()) return `${path} can have no anchor #${fragment}`;
  return anchors(path).has(decodeURIComponent(fragment)) ? null : `${path} has no heading for #${fragment}`;
}

function judge(file, line, address) {
  const tell = (message) => message && findings.push({ file, line, message: `link ${address}: ${message}` });
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return tell(wrongAddress(address));
  const [path, fragment] = address.split("#", 2);
  if (path.startsWith("/")) return tell("a path from the root works in no viewer");
  const target = path === "" ? file : normalize(join(dirname(file), decodeURIComponent(path)));
  return tell(wrong(target, fragment));
}

// The network is not asked; but an address of a file in the repository's own tree must hold there.
function wrongAddress(address) {
  let parsed;
  try {
    parsed = new URL(address);
  } catch {
    return "is no address";
  }
  const inside = parsed.pathname.match(/^\/[^/]+\/[^/]+\/blob\/[^/]+\/(.+)$/);
  if (!inside) return null;
  const path = decodeURIComponent(inside[1]);
  const ours = existsSync(join(request.root, path.split("/")[0]));
  return ours ? wrong(path, parsed.hash.slice(1)) : null;
}

for (const file of request.files) {
  if (!file.endsWith(".md")) {
    text(file)
      .split("\n")
      .forEach((content, index) => {
        for (const found of content.matchAll(/https?:\/\/[^\s"'`<>\\)]+/g)) judge(file, index + 1, found[0]);
        const named = content.match(/runbook_url["']?:\s*["']?([^\s"']+)/);
        if (named && !/^https?:\/\//.test(named[1])) {
          findings.push({ file, line: index + 1, message: `runbook_url ${named[1]} is no address` });
        }
      });
    continue;
  }
  for (const token of markdown.parse(text(file), {})) {
    for (const part of token.children ?? []) {
      const address = part.attrGet?.("href") ?? part.attrGet?.("src");
      if (address) judge(file, (token.map?.[0] ?? 0) + 1, address);
    }
  }
}
answer(findings);
