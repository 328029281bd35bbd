import { headOf } from "../../lib/script.ts";
import type { APP_COMMAND, PasswordVerb, ScriptName } from "../../verify/scripts.ts";
import { stopInstance } from "../services/ec2/instance-states.ts";
import { addressOutside } from "../services/ec2/reach.ts";
import type { Instance } from "../services/ec2/tables.ts";
import { dropTable, insertRow, tablesIn } from "../services/rds/contents.ts";
import { replicaLagMs, stoppedReplication } from "../services/rds/replication.ts";
import { type Database, databaseTable, textOf } from "../services/rds/tables.ts";
import type { Sim } from "../world.ts";
import { playAppCommand } from "./app-command.ts";
import { databaseFrom, endpointFrom, fetchSettings, logIn, settingsOf } from "./database-client.ts";
import { type Files, filesOf, removeLater } from "./files.ts";
import { endLoad, keepBusy } from "./load.ts";
import { isPasswordVerb, playPassword } from "./password.ts";
import { beginTrial, discardOld, endTrial, readTrial, recovered, switchTo } from "./recovered-files.ts";
import { beginRows, endRows } from "./rows.ts";
import { cannotRun } from "./scripts.ts";
import { loggedRequests, setApache } from "./web-server.ts";

/** What a script did, and how long it took. "hangs": it never ends. */
export type Outcome =
  | { readonly code: number; readonly out?: string; readonly err?: string; readonly ms?: number }
  | "hangs";
type Play = (sim: Sim, instance: Instance, token: string, script: string) => Outcome;

const done: Outcome = { code: 0 };
const fails = (err: string, ms = 0): Outcome => ({ code: 1, err: `${err}\n`, ms });

/** How long a script waits for a server that does not answer: PyMySQL's connect_timeout, curl's -m. */
const CONNECT_MS = 10_000;
const CURL_MS = 20_000;
/** database-replication.py's. */
const SHORT_CONNECT_MS = 5_000;
/** verify's file removes itself after that. */
const FILE_MS = 600_000;
/** The load ends by itself after that. */
const LOAD_MS = 60 * 60_000;

const fileOf = (token: string) => `/media/buddyverse-verify-${token}.txt`;
const onFiles = (sim: Sim, instance: Instance, act: (files: Files) => Outcome): Outcome => {
  const files = filesOf(sim, instance);
  if (files === "none") return fails("/mnt/efs is not mounted");
  return files === "hangs" ? "hangs" : act(files);
};

/** database.py's PATIENCE. */
const ROW_MS = 60_000;

const noSettings = fails("FileNotFoundError: [Errno 2] No such file or directory: '/run/buddyverse/database.json'");

const unreached = (role: string, error: number): Outcome =>
  fails(`${role}: MySQL error ${error}`, error === 2003 ? CONNECT_MS : 0);

/** What a script does that has connected to the primary. */
const onPrimary =
  (act: (sim: Sim, instance: Instance, primary: Database, token: string) => Outcome): Play =>
  (sim, instance, token) => {
    const primary = databaseFrom(sim, instance, "primary");
    if (!primary) return noSettings;
    return "error" in primary ? unreached("primary", primary.error) : act(sim, instance, primary.database, token);
  };

/** A row written on the primary, and awaited on the replica. */
const database = onPrimary((sim, instance, primary, token) => {
  const table = `buddyverse_verify_${token}`;
  /** The table goes again in any case. */
  const ends = (outcome: Outcome, afterMs = 0): Outcome => {
    dropTable(sim, primary, table, sim.now + afterMs);
    return outcome;
  };
  insertRow(sim, primary, table, token);
  const replica = databaseFrom(sim, instance, "replica");
  if (!replica) return ends({ code: 0, out: `${JSON.stringify({ lagMs: null })}\n` });
  if ("error" in replica) return ends(unreached("replica", replica.error));
  if (replica.database.id === primary.id) return ends(fails("the replica's address leads to the primary"));
  const lagMs = replica.database.source === primary.id ? replicaLagMs(sim, replica.database) : Number.POSITIVE_INFINITY;
  if (lagMs > ROW_MS) return ends(fails("the row was not on the replica within 60 s", ROW_MS), ROW_MS);
  return ends({ code: 0, out: `${JSON.stringify({ lagMs })}\n`, ms: lagMs }, lagMs);
});

/** How many rows there are in the primary, and in the database that the script names. */
const databaseContents: Play = (sim, instance, _token, script) => {
  const { endpoint, password } = settingsOf(sim, instance) ?? {};
  if (endpoint?.primary === undefined) return noSettings;
  const host = /^HOST = "([^"]+)"$/m.exec(script)?.[1];
  const sides = [endpoint.primary, `${host}:3306`].map((at) => {
    const reached = logIn(sim, instance, at, password);
    if ("error" in reached) return { error: reached.error };
    const tables = [...tablesIn(sim, reached.database)].sort(([, one], [, other]) => other.length - one.length);
    const rows = tables.map(([name, all]) => [name, all.length, true]);
    return { version: reached.database.engineVersion, tables: tables.length, rows };
  });
  const [first, restored] = sides;
  return { code: 0, out: `${JSON.stringify({ running: first, restored })}\n`, ms: 500 };
};

/** How the primary keeps the text of new tables. */
const databaseText = onPrimary((_sim, _instance, { text = textOf({}) }) => ({
  code: 0,
  out: `${JSON.stringify(text)}\n`,
}));

/** What MySQL says of the two, as SHOW REPLICA STATUS has it. */
const databaseReplication: Play = (sim, instance) => {
  const [primary, replica] = [databaseFrom(sim, instance, "primary"), databaseFrom(sim, instance, "replica")];
  if (!primary) return noSettings;
  const slow = [primary, replica].filter((one) => one && "error" in one && one.error === 2003).length;
  const said = {
    primary: "error" in primary ? { error: primary.error } : {},
    replica: !replica ? null : "error" in replica ? { error: replica.error } : replicationOf(sim, replica.database),
    endpoint: endpointFrom(sim, instance, "replica") ?? null,
  };
  return { code: 0, out: `${JSON.stringify(said)}\n`, ms: slow * SHORT_CONNECT_MS };
};

function replicationOf(sim: Sim, database: Database): object {
  if (database.source === null) return { readOnly: false };
  const cut = database.promotion !== undefined || databaseTable(sim).get(database.source)?.status === "rebooting";
  const follows = !cut && stoppedReplication(sim, database) === undefined;
  return {
    readOnly: true,
    follows,
    behindSeconds: follows ? 0 : null,
    caughtUp: follows,
    position: `mysql-bin-changelog.${database.source}:${follows ? "end" : "stopped"}`,
  };
}

/** Only an instance of the stack's image has Apache. */
const apache =
  (on: boolean): Play =>
  (sim, instance) => {
    if (instance.content === null) return { code: 5, err: "Unit apache2.service not found.\n" };
    setApache(sim, instance, on);
    return done;
  };

/** Every script that the tool sends by Run Command. One that is not here does not compile. */
const COMMANDS: Readonly<Record<ScriptName | typeof APP_COMMAND, Play>> = {
  "app-command": playAppCommand,
  requests: (sim, { id }, token) => ({ code: 0, out: `${loggedRequests(sim, id, `buddyverse-verify/${token}`)}\n` }),
  database,
  "database-contents": databaseContents,
  "database-text": databaseText,
  "database-replication": databaseReplication,
  "database-settings": (sim, instance) => {
    fetchSettings(sim, instance);
    return done;
  },
  // `commandFor` has refused what is none of its verbs.
  password: (sim, instance, verb) => playPassword(sim, instance, verb as PasswordVerb),
  rows: (sim, instance, token) => {
    beginRows(sim, instance, token);
    return done;
  },
  "rows-end": onPrimary((sim, instance, primary, token) => ({
    code: 0,
    out: `${JSON.stringify(endRows(sim, instance, token, primary))}\n`,
  })),
  "file-write": (sim, instance, token) =>
    onFiles(sim, instance, (files) => {
      files.write(fileOf(token), `buddyverse-verify ${token}\n`);
      removeLater(sim, instance, fileOf(token), FILE_MS);
      return done;
    }),
  "file-read": (sim, instance, token) =>
    onFiles(sim, instance, (files) => {
      const text = files.read(fileOf(token));
      return text === undefined
        ? fails(`cat: /mnt/efs${fileOf(token)}: No such file or directory`)
        : { code: 0, out: text };
    }),
  "file-remove": (sim, instance, token) => {
    const files = filesOf(sim, instance);
    if (files === "hangs") return "hangs";
    if (files !== "none") files.remove(fileOf(token));
    return done;
  },
  "files-recovered": (sim, instance) => onFiles(sim, instance, recovered),
  "files-switch": (sim, instance, token) => onFiles(sim, instance, (files) => switchTo(files, token)),
  "files-discard": (sim, instance) => onFiles(sim, instance, discardOld),
  "files-trial-begin": (sim, instance, token) => onFiles(sim, instance, (files) => beginTrial(files, token)),
  "files-trial-read": (sim, instance, token) => onFiles(sim, instance, (files) => readTrial(files, token)),
  "files-trial-end": (sim, instance, token) => onFiles(sim, instance, (files) => endTrial(files, token)),
  "outbound-address": (sim, instance) => {
    const address = addressOutside(sim, instance);
    return address === undefined
      ? { code: 28, err: `curl: (28) Connection timed out after ${CURL_MS} milliseconds\n`, ms: CURL_MS }
      : { code: 0, out: `${address}\n` };
  },
  load(sim, instance) {
    keepBusy(sim, instance, LOAD_MS);
    return done;
  },
  "load-end"(sim, instance) {
    endLoad(sim, instance);
    return done;
  },
  "apache-stop": apache(false),
  "apache-start": apache(true),
  "power-off"(sim, { id }) {
    stopInstance(sim, id, true);
    return done;
  },
};

/** What runs for a script. Throws `sandbox` for one that the sandbox does not know. */
export function commandFor(script: string): (sim: Sim, instance: Instance) => Outcome {
  const head = headOf(script);
  if (!head) throw cannotRun("its first line does not say what it is");
  if (!Object.hasOwn(COMMANDS, head.name)) throw cannotRun(`it does not know "${head.name}"`);
  if (head.name === "password" && !isPasswordVerb(head.token))
    throw cannotRun(`"password" does not do "${head.token}"`);
  const play = COMMANDS[head.name as keyof typeof COMMANDS];
  return (sim, instance) => play(sim, instance, head.token, script);
}
