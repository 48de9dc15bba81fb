// Reads every NAME.md of a folder with markdown-it (CommonMark, tables, bare links, raw HTML) and compares what it finds
// with NAME.json: `node read.mjs FOLDER FOLDER_OF_NODE_MODULES`. `cargo test --test render` leaves such a folder in
// target/tmp/markdown_readers. A `null` in the JSON is any text.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, modules = "."] = process.argv.slice(2);
const MarkdownIt = createRequire(resolve(modules, "node_modules", "x.js"))("markdown-it");
const markdown = new MarkdownIt({ html: true, linkify: true });

const containers = { bullet_list: "ul", ordered_list: "ol", list_item: "li", blockquote: "blockquote", table: "table" };
const leaves = { paragraph: "p", th: "th", td: "td" };

/** The inline pieces: kind and text, white space as one space. */
function pieces(tokens) {
  const found = [];
  let kind = "text";
  for (const token of tokens) {
    if (token.nesting === 1) kind = token.type.replace("_open", "");
    else if (token.nesting === -1) kind = "text";
    else {
      const own = { text: kind, text_special: kind, code_inline: "code" }[token.type] ?? token.type;
      const last = found.at(-1);
      if (last && last[0] === own) last[1] += token.content;
      else found.push([own, token.content]);
    }
  }
  const shown = found.filter(([, text]) => text !== "");
  return shown.map(([kind, text]) => [kind, text.split(/\s+/u).filter(Boolean).join(" ")]);
}

function blocks(text) {
  const found = [];
  const path = [];
  let leaf = "";
  for (const token of markdown.parse(text, {})) {
    const name = token.type.replace(/_(open|close)$/, "");
    if (token.type === "fence") found.push([[...path, "fence"].join(" "), [["text", token.content.trim()]]]);
    else if (token.type === "inline") found.push([[...path, leaf].join(" "), pieces(token.children)]);
    else if (token.nesting === 1 && name in containers) path.push(containers[name]);
    else if (token.nesting === -1 && name in containers) path.pop();
    else if (token.nesting === 1) leaf = name === "heading" ? token.tag : (leaves[name] ?? leaf);
    else if (token.nesting === 0 && !(token.type === "html_block" && token.content.startsWith("<!-- Made by deployc"))) {
      found.push([token.type, [["text", token.content]]]);
    }
  }
  return found;
}

/** Equal, where `null` is equal to any text. */
function same(meant, found) {
  if (meant === null) return typeof found === "string";
  if (Array.isArray(meant)) {
    return Array.isArray(found) && meant.length === found.length && meant.every((each, at) => same(each, found[at]));
  }
  return meant === found;
}

const names = readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
let wrong = 0;
for (const name of names) {
  const meant = JSON.parse(readFileSync(join(folder, name), "utf8"));
  const found = blocks(readFileSync(join(folder, name.replace(/json$/, "md")), "utf8"));
  const at = meant.findIndex((each, place) => !same(each, found[place]));
  if (at >= 0 || meant.length !== found.length) {
    wrong += 1;
    console.log(`${name}, block ${at}:\n  meant: ${JSON.stringify(meant[at])}\n  found: ${JSON.stringify(found[at])}`);
  }
}
console.log(`markdown-it: ${names.length - wrong} of ${names.length} documents read as meant`);
process.exit(wrong || names.length === 0 ? 1 : 0);
