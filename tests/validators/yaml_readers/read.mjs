// Reads every NAME.yaml of a folder with the npm package `yaml` (YAML 1.2) and compares it with NAME.json:
// `node read.mjs FOLDER [FOLDER_OF_NODE_MODULES]`.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

const [folder, modules = "."] = process.argv.slice(2);
const yaml = createRequire(resolve(modules, "node_modules", "x.js"))("yaml");
const names = readdirSync(folder).filter((name) => name.endsWith(".yaml")).sort();
let wrong = 0;
for (const name of names) {
  const meant = JSON.parse(readFileSync(join(folder, name.replace(/\.yaml$/, ".json")), "utf8"));
  let found;
  try {
    found = yaml.parseAllDocuments(readFileSync(join(folder, name), "utf8"), { strict: true }).map((document) => {
      const problem = document.errors.concat(document.warnings)[0];
      if (problem) throw problem;
      return document.toJS();
    });
  } catch (error) {
    found = String(error);
  }
  if (!isDeepStrictEqual(found, meant)) {
    wrong += 1;
    console.log(`${name}: yaml reads something else\n  meant: ${JSON.stringify(meant)}\n  found: ${JSON.stringify(found)}`);
  }
}
console.log(`npm yaml: ${names.length - wrong} of ${names.length} files read as meant`);
process.exit(wrong || names.length === 0 ? 1 : 0);
