import { BuddyError } from "../../src/lib/errors.ts";
import { NOT_REHEARSED } from "../../src/lib/not-rehearsed.ts";
import { counted, list } from "../../src/lib/text.ts";
import { type Backups, readBackups } from "../../src/verify/aws/storage.ts";
import type { Check } from "../../src/verify/check.ts";
import type { Fact } from "../../src/verify/facts.ts";
import {
  databases,
  inService,
  loadBalancer,
  mountTargets,
  perZone,
  scalingGroup,
  siteAddress,
  targets,
} from "./facts.ts";

/** Without these nothing that fails is replaced. */
const HEALING = ["HealthCheck", "ReplaceUnhealthy", "Launch", "Terminate"];

/** RDS stores the log of changes every five minutes (user guide, "Restoring a DB instance to a specified time"). */
const MOST_MINUTES_LOST = 30;

export const backups: Fact<Backups> = async ({ aws, requireLive }) =>
  readBackups(aws, (await requireLive("database")).id);

/** True for a status that codes such as "200,202" or "200-299" name. */
const isAmong = (codes: string, status: number): boolean =>
  codes.split(",").some((part) => {
    const [from, to = from] = part.split("-").map(Number);
    return from !== undefined && to !== undefined && status >= from && status <= to;
  });

/** R3: availability through failures. */
export const availability: readonly Check[] = [
  {
    id: "targets-healthy",
    requirement: "R3",
    title: "Every instance in service is a healthy target of the load balancer, in every zone",
    method: "target health of each instance in service, the load balancer's zones",
    async run({ config, read }) {
      const [group, known, { zones }] = await Promise.all([read(scalingGroup), read(targets), read(loadBalancer)]);
      const serving = inService(group);
      const targetOf = (id: string) => known.find(({ instanceId }) => instanceId === id);
      const healthy = serving.filter(({ id }) => targetOf(id)?.state === "healthy");
      const reasons = serving
        .filter((member) => !healthy.includes(member))
        .map(({ id }) => {
          const target = targetOf(id);
          return `${id} is ${target ? [target.state, target.reason].filter(Boolean).join(", ") : "no target"}`;
        });
      const missing = config.zones.filter((zone) => !zones.includes(zone));
      return {
        evidence: [
          `healthy: ${list(perZone(config.zones, healthy).map(({ zone, number }) => `${number} in ${zone}`))}`,
          ...reasons,
          ...(missing.length > 0 ? [`the load balancer is not in ${list(missing)}`] : []),
        ].join("; "),
        ok: healthy.length > 0 && reasons.length === 0 && missing.length === 0,
      };
    },
  },
  {
    id: "health-check",
    requirement: "R3",
    title: "The group replaces what the load balancer calls unhealthy, after a grace period",
    method: "health check type, grace period, suspended processes",
    limits: "that it is replaced: a drill's work",
    async run({ read }) {
      const [{ healthCheckType, graceSeconds, suspended }, { healthCheck }] = await Promise.all([
        read(scalingGroup),
        read(loadBalancer),
      ]);
      const stopped = suspended.filter((process) => HEALING.includes(process));
      return {
        evidence: [
          `${healthCheckType} health check, grace ${graceSeconds} s, ${healthCheck.path} must answer ${healthCheck.codes}`,
          ...(stopped.length > 0 ? [`suspended: ${list(stopped)}`] : []),
        ].join("; "),
        ok: healthCheckType.split(",").includes("ELB") && graceSeconds > 0 && stopped.length === 0,
      };
    },
  },
  {
    id: "application",
    requirement: "R3",
    title: "The application answers a visitor's request of the health check's page",
    method: "one request by the site's name: the status is one that the health check takes",
    limits: "any other page",
    async run({ site, read }) {
      const [{ url, via }, { healthCheck }] = await Promise.all([read(siteAddress), read(loadBalancer)]);
      const { status, headers } = await site.get(`${url}${healthCheck.path}`, { via });
      const instead = headers[NOT_REHEARSED];
      if (instead !== undefined) throw new BuddyError({ code: "sandbox", message: `not rehearsed: ${instead}` });
      return {
        evidence: `${url}${healthCheck.path} answers ${status}`,
        ok: isAmong(healthCheck.codes, status),
      };
    },
  },
  {
    id: "zone-loss",
    requirement: "R3",
    title: "The loss of any one zone leaves instances, the load balancer and the files, and the group can grow again",
    method: "for each zone: which instances, load balancer nodes and mount targets the others have",
    limits: "writes: the primary database is in one zone, and the answer says which",
    async run({ config, read }) {
      const [group, balancer, files, [primary]] = await Promise.all([
        read(scalingGroup),
        read(loadBalancer),
        read(mountTargets),
        read(databases),
      ]);
      const losses = config.zones.map((lost) => {
        const left = inService(group).filter(({ zone }) => zone !== lost).length;
        const onlyThere = (zones: readonly string[]) => zones.every((zone) => zone === lost);
        const gone = [
          ...(left === 0 ? ["no instance is left"] : []),
          ...(onlyThere(group.zones) ? ["the group may launch nowhere else"] : []),
          ...(onlyThere(balancer.zones) ? ["the load balancer is nowhere else"] : []),
          ...(onlyThere(files.map(({ zone }) => zone)) ? ["the files are mounted nowhere else"] : []),
        ];
        return { lost, left, gone };
      });
      return {
        evidence: [
          ...losses.map(({ lost, left, gone }) =>
            [`without ${lost}: ${left} of ${inService(group).length} instances`, ...gone].join(", "),
          ),
          // What this stack does not promise: its primary is in one zone.
          ...(primary ? [`writes need ${primary.zone}, where ${primary.id} is`] : []),
        ].join("; "),
        ok: losses.every(({ gone }) => gone.length === 0),
      };
    },
  },
  {
    id: "database-backups",
    requirement: "R3",
    title: "The primary database is backed up for as long as the config says, and could be restored to a moment ago",
    method: `the retention of automated backups, the latest moment to which the primary can be restored: ${MOST_MINUTES_LOST} min ago at most; waits ten minutes for a new database`,
    limits: "that a restore works, of the database or of the files: drills' work",
    skip: ({ database }) => (database.backupRetentionDays === 0 ? "the config turns automated backups off" : undefined),
    retry: { everySeconds: 30, forSeconds: 10 * 60 },
    async run({ config, read, now }) {
      const { database, retentionDays, restorableTo } = await read(backups);
      if (retentionDays === 0) return { evidence: `${database} has no automated backups`, ok: false };
      const kept = `${database} keeps backups for ${counted(retentionDays, "day")}`;
      if (restorableTo === undefined) return { evidence: `${kept}, but has none yet`, ok: false, pending: true };
      const minutesLost = Math.ceil((now() - restorableTo) / 60_000);
      return {
        evidence: `${kept}, and could be restored to ${minutesLost} min ago`,
        ok: retentionDays >= config.database.backupRetentionDays && minutesLost <= MOST_MINUTES_LOST,
      };
    },
  },
];
