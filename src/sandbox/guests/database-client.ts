import { groupsPermit } from "../services/ec2/reach.ts";
import { type Instance, interfaceTable } from "../services/ec2/tables.ts";
import { lostSince } from "../services/ec2/zones.ts";
import { groupsInForce } from "../services/rds/instances.ts";
import { accepts } from "../services/rds/passwords.ts";
import { type Database, databaseTable, endpointOf, portOf } from "../services/rds/tables.ts";
import { parameterBefore, parameterValueAt } from "../services/ssm/parameters.ts";
import type { Sim } from "../world.ts";
import { scriptNameOf, settingOf } from "./scripts.ts";

/** States in which a database answers (RDS user guide, "Viewing DB instance status"). */
const ANSWERS = new Set([
  "available",
  "backing-up",
  "modifying",
  "resetting-master-credentials",
  "storage-optimization",
  "maintenance",
  "upgrading",
]);

/** web-database.timer fetches the settings at boot and once a minute; what has changed since is not known there yet. */
const FETCH_MS = 60_000;
const lastTimer = (now: number, bootedAt: number): number =>
  bootedAt + Math.floor((now - bootedAt) / FETCH_MS) * FETCH_MS;

/** When somebody started web-database.service. */
const fetchTable = (sim: Sim) => sim.table<{ readonly at: number }>("guests.fetches");
export const fetchSettings = (sim: Sim, { id }: Instance): void => fetchTable(sim).putNow(id, { at: sim.now });
export const forgetFetch = (instanceId: string, sim: Sim): void => fetchTable(sim).removeNow(instanceId);

export type Role = "primary" | "replica";

/** What an instance has in /run/buddyverse/database.json. */
export interface Settings {
  readonly endpoint: Readonly<Record<Role, string | undefined>>;
  /** Undefined: nobody knows any more what it was. */
  readonly password: string | undefined;
}

/** Where an instance reads its settings; undefined: it has none, or is not booted. */
export const parameterPathOf = (instance: Instance): string | undefined =>
  scriptNameOf(instance) === "web-user-data" && instance.mount !== null
    ? settingOf(instance, "BUDDYVERSE_PARAMETER_PATH")
    : undefined;

/** When the instance fetched its settings last. */
export const fetchedAt = (sim: Sim, { id, mount }: Instance): number =>
  Math.max(lastTimer(sim.now, mount?.from ?? sim.now), fetchTable(sim).get(id)?.at ?? 0);

/** Undefined: it has none. */
export function settingsOf(sim: Sim, instance: Instance): Settings | undefined {
  const path = parameterPathOf(instance);
  if (path === undefined) return undefined;
  const at = fetchedAt(sim, instance);
  const setting = (name: string) => parameterValueAt(sim, `${path}${name}`, at);
  return {
    endpoint: { primary: setting("primary"), replica: setting("replica") },
    // While it is gone, an instance keeps the one that it has.
    password: setting("password") ?? parameterBefore(sim, `${path}password`),
  };
}

/** Where the instance takes the database of that role to be. */
export const endpointFrom = (sim: Sim, instance: Instance, role: Role): string | undefined =>
  settingsOf(sim, instance)?.endpoint[role];

/** The database at that endpoint as the instance reaches it now, and MySQL's error number when it does not. */
function reached(sim: Sim, instance: Instance, endpoint: string): Database | number {
  const database = databaseTable(sim)
    .all()
    .find((one) => endpointOf(one) === endpoint && one.servesFrom !== null && one.servesFrom <= sim.now);
  // The name is not known any more.
  if (!database) return 2003;
  const eni = interfaceTable(sim).get(database.interfaceId);
  const mysql = { protocol: "tcp", port: portOf(database) } as const;
  const open =
    eni !== undefined &&
    lostSince(sim, eni.subnetId) === undefined &&
    ANSWERS.has(database.status) &&
    !database.away &&
    groupsPermit(sim, groupsInForce(sim, database), "inbound", mysql, {
      address: instance.privateIp,
      groupIds: instance.groupIds,
    }) &&
    groupsPermit(sim, instance.groupIds, "outbound", mysql, { address: eni.privateIp, groupIds: database.groupIds });
  return open ? database : 2003;
}

export type Login = { readonly database: Database } | { readonly error: number };

/** Logs in with that password. "Access denied for user" is 1045. @param password undefined: one that nobody knows any more */
export function logIn(sim: Sim, instance: Instance, endpoint: string, password: string | undefined): Login {
  const database = reached(sim, instance, endpoint);
  if (typeof database === "number") return { error: database };
  return password === undefined || accepts(database, password) ? { database } : { error: 1045 };
}

/** The database of that role as the instance's application reaches it now; undefined: it knows none. */
export function databaseFrom(sim: Sim, instance: Instance, role: Role): Login | undefined {
  const settings = settingsOf(sim, instance);
  const endpoint = settings?.endpoint[role];
  return settings && endpoint !== undefined ? logIn(sim, instance, endpoint, settings.password) : undefined;
}
