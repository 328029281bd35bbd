import database from "./scripts/database.py";
import fileRead from "./scripts/file-read.sh";
import fileRemove from "./scripts/file-remove.sh";
import fileWrite from "./scripts/file-write.sh";
import outboundAddress from "./scripts/outbound-address.sh";
import requests from "./scripts/requests.sh";

const SCRIPTS = {
  requests,
  database,
  "file-write": fileWrite,
  "file-read": fileRead,
  "file-remove": fileRemove,
  "outbound-address": outboundAddress,
} as const;
export type ScriptName = keyof typeof SCRIPTS;

/** The line that starts every script: what it is, and for which run. */
export const headOf = (script: string): string => script.slice(0, script.indexOf("\n"));

/**
 * A script as Run Command's shell runs it: POSIX sh; Python goes in by a here document, so that nothing is written.
 * @throws RangeError when the token is not letters and digits, or the text holds what Run Command would replace
 */
export function scriptFor(name: ScriptName, token: string): string {
  if (!/^[A-Za-z0-9]{1,48}$/.test(token)) throw new RangeError(`"${token}" is no token`);
  const text = SCRIPTS[name].replaceAll("@TOKEN@", token);
  // Systems Manager takes {{name}} for a parameter (user guide, "Working with parameters using Run Command commands").
  if (/\{\{.*\}\}/.test(text)) throw new RangeError(`the script ${name} holds {{ }}`);
  if (name !== "database") return text;
  return `${headOf(text)}\n/usr/bin/python3 - <<'END_OF_PYTHON'\n${text.trimEnd()}\nEND_OF_PYTHON\n`;
}
