import { groupsPermit } from "../services/ec2/reach.ts";
import { type Instance, interfaceTable } from "../services/ec2/tables.ts";
import { lostSince } from "../services/ec2/zones.ts";
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
const lastFetch = (now: number, bootedAt: number): number =>
  bootedAt + Math.floor((now - bootedAt) / FETCH_MS) * FETCH_MS;

/** The database of that role as the instance reaches it now, and MySQL's error number when it does not. */
export function databaseFrom(
  sim: Sim,
  instance: Instance,
  role: "primary" | "replica",
): { readonly database: Database } | { readonly error: number } | undefined {
  if (scriptNameOf(instance) !== "web-user-data" || instance.mount === null) return undefined;
  const fetchedAt = lastFetch(sim.now, instance.mount.from);
  const path = settingOf(instance, "BUDDYVERSE_PARAMETER_PATH");
  const setting = (name: string) => parameterValueAt(sim, `${path}${name}`, fetchedAt);
  const endpoint = setting(role);
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
    groupsPermit(sim, database.groupIds, "inbound", mysql, {
      address: instance.privateIp,
      groupIds: instance.groupIds,
    }) &&
    groupsPermit(sim, instance.groupIds, "outbound", mysql, { address: eni.privateIp, groupIds: database.groupIds });
  if (!open) return { error: 2003 };
  // While it is gone, an instance keeps the one that it has. "Access denied for user".
  const password = setting("password");
  return password === undefined || database.password === undefined || password === database.password
    ? { database }
    : { error: 1045 };
}
