// Evaluates expressions with GitHub's own evaluator, the judge of ours; its bundled text is what runs.
import { readFileSync } from "node:fs";
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";

function plain(value) {
  switch (value.kind) {
    case data.Kind.Array:
      return value.values().map(plain);
    case data.Kind.Dictionary:
      return Object.fromEntries(value.pairs().map((pair) => [pair.key, plain(pair.value)]));
    case data.Kind.Null:
      return null;
    case data.Kind.Number:
      return Number.isFinite(value.value) ? value.value : String(value.value);
    default:
      return value.value;
  }
}

const { expressions, contexts } = JSON.parse(readFileSync(0, "utf8"));
const known = JSON.parse(JSON.stringify(contexts), data.reviver);
const names = Object.keys(contexts);
const answers = expressions.map((text) => {
  try {
    const parsed = new Parser(new Lexer(text).lex().tokens, names, []).parse();
    return { value: plain(new Evaluator(parsed, known).evaluate()) };
  } catch (error) {
    return { error: error.message };
  }
});
process.stdout.write(JSON.stringify(answers));
