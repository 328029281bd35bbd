import { groupBy } from "../../lib/group.ts";
import { list } from "../../lib/text.ts";
import type { Finding } from "../../report/findings.ts";
import type { Aws } from "../aws.ts";
import { subnet } from "../ec2/subnet.ts";
import { STACK_TAG } from "../owned.ts";
import { allPages } from "../pages.ts";
import { type Check, ok, type Planned, type PlannedStack, problem } from "../preflight.ts";
import { type Quota, quotaFinding } from "../service-quotas/quota.ts";
import { database } from "./database.ts";
import type { InstanceSpec } from "./modify.ts";
import { type InstanceLive, replicasOf, upgrade } from "./read-instances.ts";
import { replica } from "./replica.ts";
import { type SubnetGroupSpec, subnetGroup } from "./subnet-group.ts";
import { isAtLeast } from "./version.ts";

/** An instance that is to be of a class, in a zone. */
interface Wanted {
  readonly instanceClass: string;
  readonly version: string;
  readonly zone: string | undefined;
  readonly path: string;
}

function wantedIn(plan: PlannedStack): readonly Wanted[] {
  const primaries = plan.of(database).map((one) => ({ one, version: one.spec.engineVersion }));
  const replicas = plan.of(replica).map((one) => ({
    one,
    version: plan.named(database, one.spec.source)?.spec.engineVersion ?? "",
  }));
  return [...primaries, ...replicas]
    .filter(({ one }) => one.sets("instanceClass"))
    .map(({ one: { spec, live, from }, version }) => ({
      instanceClass: spec.instanceClass,
      version,
      zone: live?.zone ?? spec.zone,
      path: from("instanceClass"),
    }));
}

/** What RDS offers of a class for MySQL: a major version is no version to this call, so all are asked for. */
const optionsOf = (aws: Aws, instanceClass: string) =>
  allPages(
    (Marker) =>
      aws.rds.describeOrderableDBInstanceOptions({
        Engine: "mysql",
        DBInstanceClass: instanceClass,
        Vpc: true,
        MaxRecords: 100,
        Marker,
      }),
    (page) => page.OrderableDBInstanceOptions,
    (page) => page.Marker,
  );

const orderable: Check = {
  about: "database class",
  types: [database, replica],
  async ask(aws, plan): Promise<readonly Finding[]> {
    const byClass = groupBy(wantedIn(plan), ({ instanceClass }) => instanceClass);
    if (byClass.size === 0) return [ok(orderable.about, "none is to be made, or to change its class")];
    return Promise.all([...byClass].map(async ([name, all]) => judged(await optionsOf(aws, name), name, all)));
  },
};

function judged(
  options: Awaited<ReturnType<typeof optionsOf>>,
  instanceClass: string,
  wanted: readonly Wanted[],
): Finding {
  const { about } = orderable;
  const [{ version = "", path = "" } = {}] = wanted;
  const hint = "Choose another database.instanceClass or database.engineVersion; or other zones.";
  const what = `${instanceClass} for MySQL ${version}`;
  const fitting = options.filter(
    ({ EngineVersion = "", StorageType }) =>
      (EngineVersion === version || EngineVersion.startsWith(`${version}.`)) && StorageType === "gp3",
  );
  if (fitting.length === 0) return problem(about, `RDS does not offer ${what} with gp3 storage`, hint, path);
  const zones = [...new Set(wanted.flatMap(({ zone }) => zone ?? []))];
  const missing = zones.filter(
    (zone) => !fitting.some(({ AvailabilityZones = [] }) => AvailabilityZones.some(({ Name }) => Name === zone)),
  );
  return missing.length > 0
    ? problem(about, `RDS does not offer ${what} in ${missing.join(" and ")}`, hint, path)
    : ok(about, `RDS offers ${what}${zones.length > 0 ? ` in ${zones.join(" and ")}` : ""}`);
}

const INSTANCES: Quota = { service: "rds", code: "L-7B6409FD", name: "DB instances" };
const isNew = ({ action }: Pick<Planned, "action">) => action === "create";

/** Primaries and replicas alike count. */
const quota: Check = {
  about: "DB instance quota",
  types: [database, replica],
  async ask(aws, plan) {
    const added = [...plan.of(database), ...plan.of(replica)].filter(isNew).length;
    const there = allPages(
      (Marker) => aws.rds.describeDBInstances({ Marker }),
      (page) => page.DBInstances,
      (page) => page.Marker,
    );
    return quotaFinding(
      aws,
      quota.about,
      INSTANCES,
      there.then((all) => all.length),
      added,
    );
  },
};

/**
 * Of a primary's replicas the stack's own are changed first; for others' a run would end half way: AWS upgrades no primary before
 * its replicas, and has no source of a replica without backups (API reference, BackupRetentionPeriod; DBUpgradeDependencyFailure,
 * for minor versions too: hashicorp/terraform-provider-aws#22107).
 */
const othersReplicas: Check = {
  about: "others' replicas",
  types: [database],
  async ask(aws, plan) {
    const all = await Promise.all(
      plan
        .of(database)
        .filter((one) => one.sets("engineVersion") || one.sets("backupRetentionDays"))
        .map(async (one) => {
          const { live, spec } = one;
          const others = live
            ? (await replicasOf(aws, live)).filter(({ tags }) => tags[STACK_TAG] !== live.tags[STACK_TAG])
            : [];
          const found: Finding[] = [];
          const behind = others.filter(({ engineVersion }) => !isAtLeast(engineVersion, spec.engineVersion));
          if (live && one.sets("engineVersion") && behind.length > 0)
            found.push(
              problem(
                othersReplicas.about,
                `AWS upgrades replicas first: ${live.id} cannot get MySQL ${spec.engineVersion} before its replica ${list(behind.map(({ id }) => id))}, which is not the stack's`,
                `Upgrade it (${behind.map(({ id }) => upgrade(aws, id, spec.engineVersion)).join("; ")}), promote or delete it.`,
              ),
            );
          if (live && one.sets("backupRetentionDays") && spec.backupRetentionDays === 0 && others.length > 0)
            found.push(
              problem(
                othersReplicas.about,
                `${live.id} cannot be without automated backups: it has the replica ${list(others.map(({ id }) => id))}, which is not the stack's`,
                "Promote or delete that replica first, or keep database.backupRetentionDays at 1 or more.",
              ),
            );
          return found;
        }),
    );
    return all.flat();
  },
};

/** RDS takes no subnet out of a group in which an instance is (API reference, ModifyDBSubnetGroup: SubnetAlreadyInUse). */
const zonesOfDatabases: Check = {
  about: "zones of databases",
  types: [subnetGroup],
  async ask(_aws, plan) {
    const zonesOf = ({ spec }: Planned<SubnetGroupSpec>) =>
      spec.subnetIds.flatMap((id) => plan.named(subnet, id)?.spec.zone ?? []);
    return plan.of(subnetGroup).flatMap((group): Finding[] => {
      if (!group.live || !group.sets("subnetIds")) return [];
      const zones = zonesOf(group);
      const inOthers = (all: readonly Planned<InstanceSpec, InstanceLive>[]) =>
        all.flatMap(({ live }) =>
          live && live.subnetGroup === group.live?.id && !zones.includes(live.zone) ? live : [],
        );
      const [primaries, replicas] = [inOthers(plan.of(database)), inOthers(plan.of(replica))];
      return [
        ...primaries.map((one) =>
          problem(
            zonesOfDatabases.about,
            `${one.id} is in ${one.zone}, and RDS moves no database to another zone`,
            "Leave that zone in the config; or have its replica, in another zone, take its place first: `buddyverse failover`.",
          ),
        ),
        ...replicas.map((one) =>
          problem(
            zonesOfDatabases.about,
            `${one.id} is in ${one.zone}, and RDS moves no database to another zone`,
            "Take the zone out with `database.replica` false; with it true again the replica, which is a copy, is made in another zone.",
          ),
        ),
      ];
    });
  },
};

export const preflight: readonly Check[] = [orderable, quota, othersReplicas, zonesOfDatabases];
