import type { PasswordVerb } from "../../verify/scripts.ts";
import { noWayOut } from "../services/ec2/reach.ts";
import type { Instance } from "../services/ec2/tables.ts";
import { profileAllows } from "../services/iam/iam.ts";
import { alterUser, replicatedIn } from "../services/rds/passwords.ts";
import type { Database } from "../services/rds/tables.ts";
import { parameterShown } from "../services/ssm/parameters.ts";
import type { Sim } from "../world.ts";
import type { Outcome } from "./commands.ts";
import { fetchSettings, logIn, parameterPathOf, type Role, settingsOf } from "./database-client.ts";
import { parameterArn } from "./guest.ts";

/** password.py's PATIENCE, and PyMySQL's connect_timeout. */
const PATIENCE_MS = 60_000;
const CONNECT_MS = 10_000;
/** What it reads in Parameter Store. */
const READS = ["password", "password-next", "primary", "replica"] as const;

/** What ends the script with an error. */
class Failed extends Error {}

/** Where it runs, and what Parameter Store shows there at that moment. */
interface Here {
  readonly sim: Sim;
  readonly instance: Instance;
  readonly stored: Readonly<Record<(typeof READS)[number], string | undefined>>;
}

const said = (outcome: string, more: object = {}, ms = 0): Outcome => ({
  code: 0,
  out: `${JSON.stringify({ outcome, ...more })}\n`,
  ms,
});

/** The database of that role; undefined: it does not take the password. */
function login({ sim, instance, stored }: Here, role: Role, password: string): Database | undefined {
  const found = logIn(sim, instance, stored[role] ?? "", password);
  if ("database" in found) return found.database;
  if (found.error === 1045) return undefined;
  throw new Failed(`${role}: MySQL error ${found.error}`);
}

/** What both databases say to a password that the instance should have. */
function used(here: Here, password: string, otherwise = "in-use"): Outcome {
  const refusing = (["primary", "replica"] as const).find(
    (role) => here.stored[role] !== undefined && !login(here, role, password),
  );
  return refusing === undefined ? said(otherwise) : said("denied", { role: refusing });
}

const VERBS: Readonly<Record<PasswordVerb, (here: Here) => Outcome>> = {
  set(here) {
    const { sim, instance, stored } = here;
    const next = stored["password-next"];
    if (next === undefined) return said("unseen");
    if (!login(here, "primary", next)) {
      const known = [stored.password, settingsOf(sim, instance)?.password];
      const current = known.find((one) => one !== undefined && login(here, "primary", one));
      const database = current === undefined ? undefined : login(here, "primary", current);
      if (current === undefined || !database) return said("denied");
      // RDS sets read_only on replicas, and its master user has no right to write there nevertheless.
      if (database.source !== null) throw new Failed("primary: MySQL error 1290");
      alterUser(sim, database.id, { identifiedBy: current });
      alterUser(sim, database.id, { identifiedBy: next, retainCurrent: true });
    }
    if (stored.replica === undefined || login(here, "replica", next)) return said("set");
    const wait = replicatedIn(sim, stored.replica);
    return wait === undefined ? said("behind", {}, PATIENCE_MS) : said("set", {}, wait);
  },
  fetch(here) {
    const { sim, instance, stored } = here;
    if (stored.password === undefined) return said("unfetched");
    fetchSettings(sim, instance);
    const password = settingsOf(sim, instance)?.password;
    if (password === undefined || password !== stored["password-next"]) return said("stale");
    return used(here, password);
  },
  check(here) {
    const { sim, instance, stored } = here;
    if (stored.password === undefined) return said("gone");
    return used(here, stored.password, settingsOf(sim, instance)?.password === stored.password ? "in-use" : "stale");
  },
  discard(here) {
    const { sim, stored } = here;
    if (stored.password === undefined || stored.password !== stored["password-next"]) return said("stale");
    const database = login(here, "primary", stored.password);
    if (!database) return said("denied", { role: "primary" });
    alterUser(sim, database.id, { identifiedBy: stored.password });
    alterUser(sim, database.id, { discardOld: true });
    return said("discarded");
  },
};

export const isPasswordVerb = (token: string): token is PasswordVerb => Object.hasOwn(VERBS, token);

/** What password.py does and says. */
export function playPassword(sim: Sim, instance: Instance, verb: PasswordVerb): Outcome {
  const path = parameterPathOf(instance);
  if (path === undefined)
    return { code: 1, err: "FileNotFoundError: [Errno 2] No such file or directory: '/etc/buddyverse.env'\n" };
  if (noWayOut(sim, instance)) return { code: 1, err: "Parameter Store: ConnectTimeoutError\n", ms: CONNECT_MS };
  const names = READS.map((name) => `${path}${name}`);
  if (!names.every((name) => profileAllows(sim, instance.profileArn, "ssm:GetParameters", parameterArn(sim, name))))
    return { code: 1, err: "Parameter Store: ClientError\n" };
  const stored = Object.fromEntries(
    READS.map((name) => [name, parameterShown(sim, `${path}${name}`)]),
  ) as Here["stored"];
  if (stored.primary === undefined) return { code: 1, err: "the primary's address is not in Parameter Store\n" };
  try {
    return VERBS[verb]({ sim, instance, stored });
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return { code: 1, err: `${error.message}\n`, ms: error.message.endsWith("2003") ? CONNECT_MS : 0 };
  }
}
