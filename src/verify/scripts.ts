import { CHECK_IP } from "../aws/partition.ts";
import { withHead } from "../lib/script.ts";
import { shellLine } from "../lib/shell.ts";
import apacheStart from "./scripts/apache-start.sh";
import apacheStop from "./scripts/apache-stop.sh";
import appCommand from "./scripts/app-command.sh";
import database from "./scripts/database.py";
import databaseContents from "./scripts/database-contents.py";
import databaseReplication from "./scripts/database-replication.py";
import databaseSettings from "./scripts/database-settings.sh";
import databaseText from "./scripts/database-text.py";
import fileRead from "./scripts/file-read.sh";
import fileRemove from "./scripts/file-remove.sh";
import fileWrite from "./scripts/file-write.sh";
import filesDiscard from "./scripts/files-discard.sh";
import filesRecovered from "./scripts/files-recovered.sh";
import filesSwitch from "./scripts/files-switch.sh";
import filesTrialBegin from "./scripts/files-trial-begin.sh";
import filesTrialEnd from "./scripts/files-trial-end.sh";
import filesTrialRead from "./scripts/files-trial-read.sh";
import load from "./scripts/load.sh";
import loadEnd from "./scripts/load-end.sh";
import outboundAddress from "./scripts/outbound-address.sh";
import password from "./scripts/password.py";
import powerOff from "./scripts/power-off.sh";
import requests from "./scripts/requests.sh";
import rows from "./scripts/rows.sh";
import rowsEnd from "./scripts/rows-end.py";

/** What verify, its drills, a failover and rotations run on instances, by the name in its head. The sandbox has a part for each (src/sandbox/guests/). */
const SCRIPTS = {
  requests,
  database,
  "database-contents": databaseContents,
  "database-text": databaseText,
  "database-replication": databaseReplication,
  "database-settings": databaseSettings,
  password,
  rows,
  "rows-end": rowsEnd,
  "file-write": fileWrite,
  "file-read": fileRead,
  "file-remove": fileRemove,
  "files-recovered": filesRecovered,
  "files-switch": filesSwitch,
  "files-discard": filesDiscard,
  "files-trial-begin": filesTrialBegin,
  "files-trial-read": filesTrialRead,
  "files-trial-end": filesTrialEnd,
  "outbound-address": outboundAddress,
  load,
  "load-end": loadEnd,
  "apache-stop": apacheStop,
  "apache-start": apacheStart,
  "power-off": powerOff,
} as const;
export type ScriptName = keyof typeof SCRIPTS;
const PYTHON: ReadonlySet<ScriptName> = new Set([
  "database",
  "database-contents",
  "database-replication",
  "database-text",
  "password",
  "rows-end",
]);

/** What `password` does is its token: sets the new one, fetches it, checks the current one, discards the old one. */
const PASSWORD_VERBS = ["set", "fetch", "check", "discard"] as const;
export type PasswordVerb = (typeof PASSWORD_VERBS)[number];

/** What `password` says on an instance. `role`: of the database that does not take it. */
export interface PasswordSaid {
  readonly outcome: string;
  readonly role?: string;
  readonly error?: number;
}

/**
 * A script as Run Command's shell runs it: POSIX sh; Python goes in by a here document, so that nothing is written.
 * @param host a name in the DNS, for a script that asks one
 * @throws RangeError when the token is not letters and digits, the host no name, or the text holds what Run Command would replace
 */
export function scriptFor(name: ScriptName, token: string, host = "localhost"): string {
  if (!/^[A-Za-z0-9]{1,48}$/.test(token)) throw new RangeError(`"${token}" is no token`);
  if (name === "password" && !(PASSWORD_VERBS as readonly string[]).includes(token))
    throw new RangeError(`"${token}" is nothing that ${name} does`);
  if (!/^[a-z0-9.-]{1,253}$/.test(host)) throw new RangeError(`"${host}" is no host`);
  const text = SCRIPTS[name].replaceAll("@TOKEN@", token).replaceAll("@HOST@", host).replaceAll("@CHECK_IP@", CHECK_IP);
  // Systems Manager takes {{name}} for a parameter (user guide, "Working with parameters using Run Command commands").
  if (/\{\{.*\}\}/.test(text)) throw new RangeError(`the script ${name} holds {{ }}`);
  const shell = PYTHON.has(name) ? `/usr/bin/python3 - <<'END_OF_PYTHON'\n${text.trimEnd()}\nEND_OF_PYTHON\n` : text;
  return withHead(shell, { name, token });
}

/** The name of the script that runs what people say (`buddyverse run`), and what it says on stderr, with its code, when it does not. */
export const APP_COMMAND = "app-command";
export const NOT_RUN = {
  noApp: { code: 97, says: "BUDDYVERSE-RUN no-app" },
  twice: { code: 98, says: "BUDDYVERSE-RUN twice" },
} as const;

/**
 * A command as the application's user, in its environment, once for each token.
 * @param words arrive as they are
 */
export function appCommandScript(words: readonly string[], token: string): string {
  // Systems Manager replaces {{name}}, {{ssm:name}} too. What holds a brace is in quotes: two that are apart mean the same.
  const line = shellLine(words).replaceAll(/\{(?=\{)/g, "{''");
  const text = appCommand.replaceAll("@TOKEN@", token).replace("@WORDS@", () => line);
  return withHead(text, { name: APP_COMMAND, token });
}
