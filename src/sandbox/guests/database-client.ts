import { groupsPermit } from "../services/ec2/reach.ts";
import { type Instance, interfaceTable } from "../services/ec2/tables.ts";
import { lostSince } from "../services/ec2/zones.ts";
import { groupsInForce } from "../services/rds/instances.ts";
import { type Database, databaseTable } from "../services/rds/tables.ts";
import { parameterValueAt } from "../services/ssm/parameters.ts";
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
const fetchTable = (sim: Sim) => sim.table<{ readonly at: number }>("guests.settings");
const lastFetch = (sim: Sim, { id }: Instance, bootedAt: number): number =>
  Math.max(bootedAt + Math.floor((sim.now - bootedAt) / FETCH_MS) * FETCH_MS, fetchTable(sim).get(id)?.at ?? 0);
/** It fetches them now. */
export const fetchSettings = (sim: Sim, { id }: Instance): void => fetchTable(sim).putNow(id, { at: sim.now });

/** A setting as the instance fetched it last. */
function setting(sim: Sim, instance: Instance, name: string): string | undefined {
  if (scriptNameOf(instance) !== "web-user-data" || instance.mount === null) return undefined;
  const path = settingOf(instance, "BUDDYVERSE_PARAMETER_PATH");
  return parameterValueAt(sim, `${path}${name}`, lastFetch(sim, instance, instance.mount.from));
}
/** Where the instance takes the database of that role to be. */
export const endpointFrom = (sim: Sim, instance: Instance, role: "primary" | "replica") => setting(sim, instance, role);

/** The database of that role as the instance reaches it now, and MySQL's error number when it does not. */
export function databaseFrom(
  sim: Sim,
  instance: Instance,
  role: "primary" | "replica",
): { readonly database: Database } | { readonly error: number } | undefined {
  const endpoint = endpointFrom(sim, instance, role);
  if (endpoint === undefined) return undefined;
  const database = databaseTable(sim)
    .all()
    .find(({ address, servesFrom }) => `${address}:3306` === endpoint && servesFrom !== null && servesFrom <= sim.now);
  // The name is not known any more.
  if (!database) return { error: 2003 };
  const eni = interfaceTable(sim).get(database.interfaceId);
  const mysql = { protocol: "tcp", port: 3306 } as const;
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
  if (!open) return { error: 2003 };
  // While it is gone, an instance keeps the one that it has. "Access denied for user".
  const password = setting(sim, instance, "password");
  return password === undefined || database.password === undefined || password === database.password
    ? { database }
    : { error: 1045 };
}
