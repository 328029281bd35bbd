import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { BuddyError } from "../lib/errors.ts";
import { endOf } from "./ask.ts";
import { beforeAnyChange, interrupted } from "./interrupt.ts";

/** A standard parameter takes so much (API reference, PutParameter, Value: 4 KB; 4,097 are refused). */
const MOST_BYTES = 4_096;

/** A secret, asked for on a terminal without showing it, or read from standard input. Throws `usage` for what cannot be one. */
export async function readSecret(question: string): Promise<string> {
  const value = process.stdin.isTTY ? await askUnseen(question) : await pipedText();
  const complaint = complaintOf(value);
  if (complaint === undefined) return value;
  throw new BuddyError({ code: "usage", ...complaint });
}

/** Why a value cannot be kept as a secret and handed on as an environment variable. The value itself is never said. */
function complaintOf(value: string): { readonly message: string; readonly hint: string } | undefined {
  if (value === "")
    return { message: "the value is empty", hint: "Nothing was changed. `buddyverse secret rm KEY` removes a secret." };
  const bytes = Buffer.byteLength(value);
  if (bytes > MOST_BYTES)
    return {
      message: `the value has ${bytes} bytes: Parameter Store takes ${MOST_BYTES}`,
      hint: "Nothing was changed. Keep what is larger in a place of its own, and only the key to it here.",
    };
  if (value.includes("\0"))
    return {
      message: "the value holds a NUL character, which no environment variable can",
      hint: "Nothing was changed. Encode it, as by base64.",
    };
  // "You can't include values wrapped in double brackets {{}}" (API reference, PutParameter, Value).
  if (/\{\{.*\}\}/s.test(value))
    return {
      message: "the value holds {{…}}, which Parameter Store refuses",
      hint: "Nothing was changed. Encode it, as by base64.",
    };
  return undefined;
}

/** All of standard input, without one line break at its end, which `echo` and editors put there. */
async function pipedText(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(Buffer.concat(chunks))
      .replace(/\r?\n$/, "");
  } catch {
    throw new BuddyError({
      code: "usage",
      message: "the value is not text in UTF-8, and an environment variable holds text",
      hint: "Nothing was changed. Encode it, as by base64.",
    });
  }
}

/** What was pasted behind a line break arrives within so many milliseconds. */
const PASTE_MS = 100;

/** One line of a terminal, of which nothing is shown. Throws `interrupted` at Ctrl-C; Ctrl-D is no answer. */
async function askUnseen(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const end = endOf(line);
  // The first line is the answer, and comes as no event.
  let more = false;
  line.on("line", () => {
    more = true;
  });
  process.stderr.write(question);
  try {
    const answer = await Promise.race([line.question(""), end.closed]);
    if (end.stopped()) throw beforeAnyChange(interrupted());
    if (answer === undefined)
      throw new BuddyError({ code: "usage", message: "no value was given", hint: "Nothing was changed." });
    // It must not end in the shell, which shows and runs it.
    await setTimeout(PASTE_MS);
    if (more || line.line !== "")
      throw new BuddyError({
        code: "usage",
        message: "more than one line was given",
        hint: "Nothing was changed. Give a value of several lines on standard input: buddyverse secret set KEY < FILE",
      });
    return answer;
  } finally {
    line.close();
    process.stderr.write("\n");
  }
}
