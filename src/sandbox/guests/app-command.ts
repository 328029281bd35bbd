import { shellLine } from "../../lib/shell.ts";
import type { NOT_RUN } from "../../verify/scripts.ts";
import type { Instance } from "../services/ec2/tables.ts";
import type { Sim } from "../world.ts";
import type { Outcome } from "./commands.ts";

const NO_APP: (typeof NOT_RUN)["noApp"] = { code: 97, says: "BUDDYVERSE-RUN no-app" };
const TWICE: (typeof NOT_RUN)["twice"] = { code: 98, says: "BUDDYVERSE-RUN twice" };

/** "Not rehearsed": a code that programs hardly have (EX_UNAVAILABLE of sysexits.h). */
const NOT_REHEARSED = 69;

/** Of the commands that an instance has begun, the last. */
const ranTable = (sim: Sim) => sim.table<{ readonly tokens: readonly string[] }>("guests.ran");
const TOKENS = 20;
export const forgetRan = (instanceId: string, sim: Sim): void => ranTable(sim).removeNow(instanceId);

/** What a command of `buddyverse run` says on the sandbox: its instances have no application, and no programs but these. */
export function playAppCommand(sim: Sim, { id, content }: Instance, token: string, script: string): Outcome {
  const refuses = ({ code, says }: typeof NO_APP | typeof TWICE): Outcome => ({ code, err: `${says}\n` });
  if (content === null) return refuses(NO_APP);
  if (ranTable(sim).get(id)?.tokens.includes(token)) return refuses(TWICE);
  ranTable(sim).putNow(id, { tokens: [...(ranTable(sim).get(id)?.tokens ?? []), token].slice(-TOKENS) });
  const [program = "", ...rest] = wordsIn(script);
  const seconds = Number(rest[0]);
  switch (program) {
    case "true":
      return { code: 0 };
    case "false":
      return { code: 1 };
    case "echo":
      return { code: 0, out: `${rest.join(" ")}\n` };
    case "sleep":
      return seconds >= 0
        ? { code: 0, ms: seconds * 1_000 }
        : { code: 1, err: `sleep: invalid time interval '${rest[0] ?? ""}'\n` };
    default:
      return {
        code: NOT_REHEARSED,
        err: `not rehearsed: the sandbox's instances have no application to run ${shellLine([program, ...rest])}\n`,
      };
  }
}

/** The words of the script's last command, which shellLine has quoted. */
function wordsIn(script: string): readonly string[] {
  const line = script.slice(script.indexOf('\nexec "$app" ') + '\nexec "$app" '.length).replace(/\n$/, "");
  const words: string[] = [];
  let word = "";
  for (const [part] of line.matchAll(/'[^']*'|\\.| |[^'\\ ]+/g)) {
    if (part === " ") {
      words.push(word);
      word = "";
    } else word += part.startsWith("'") ? part.slice(1, -1) : part.startsWith("\\") ? part.slice(1) : part;
  }
  return [...words, word];
}
