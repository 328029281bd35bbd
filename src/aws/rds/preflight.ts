import type { Finding } from "../../report/findings.ts";
import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { type Check, ok, type Planned, type PlannedStack, problem } from "../preflight.ts";
import { type Quota, quotaFinding } from "../service-quotas/quota.ts";
import { database } from "./database.ts";
import { replica } from "./replica.ts";

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
    const wanted = wantedIn(plan);
    const byClass = new Map<string, readonly Wanted[]>();
    for (const one of wanted) byClass.set(one.instanceClass, [...(byClass.get(one.instanceClass) ?? []), one]);
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

export const preflight: readonly Check[] = [orderable, quota];
