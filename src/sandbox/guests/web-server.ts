import { noise } from "../services/cloudwatch/metrics.ts";
import { changeInstance } from "../services/ec2/instance-states.ts";
import { groupsPermit } from "../services/ec2/reach.ts";
import { type Instance, interfaceTable, subnetTable, tagTable } from "../services/ec2/tables.ts";
import { lostSince } from "../services/ec2/zones.ts";
import { type Database, databaseTable } from "../services/rds/tables.ts";
import { parameterValue } from "../services/ssm/parameters.ts";
import type { Sim } from "../world.ts";
import { mounted, webSettings } from "./boot.ts";
import { diskOf } from "./disk.ts";

/** What Apache and the built-in application of a web instance do. */

export const serves = (sim: Sim, instance: Instance): boolean =>
  instance.state === "running" && instance.httpFrom !== null && instance.httpFrom <= sim.now;

/** Starts or stops Apache; again is nothing. The image brings it, so it starts only there. */
export function setApache(sim: Sim, instance: Instance, on: boolean): void {
  if (on === serves(sim, instance)) return;
  changeInstance(sim, instance.id, { httpFrom: on ? sim.now : null });
  sim.tell("instanceAnswersChanged", instance.id);
}

/** States in which a database answers (RDS user guide, "Viewing DB instance status"). */
const ANSWERS = new Set(["available", "backing-up", "modifying", "storage-optimization", "maintenance", "upgrading"]);

/** The database of that role as the instance reaches it now, and MySQL's error number when it does not. */
export function databaseFrom(
  sim: Sim,
  instance: Instance,
  role: "primary" | "replica",
): { readonly database: Database } | { readonly error: number } | undefined {
  const settings = webSettings(sim, instance);
  const endpoint = settings && parameterValue(sim, `${settings.parameterPath}${role}`);
  if (endpoint === undefined) return undefined;
  const database = databaseTable(sim)
    .all()
    .find(({ address, servesFrom }) => `${address}:3306` === endpoint && servesFrom !== null && servesFrom <= sim.now);
  // The name is not known any more: "Unknown MySQL server host".
  if (!database) return { error: 2005 };
  const eni = interfaceTable(sim).get(database.interfaceId);
  const mysql = { protocol: "tcp", port: 3306 } as const;
  const open =
    eni !== undefined &&
    lostSince(sim, eni.subnetId) === undefined &&
    ANSWERS.has(database.status) &&
    groupsPermit(sim, database.groupIds, "inbound", mysql, {
      address: instance.privateIp,
      groupIds: instance.groupIds,
    }) &&
    groupsPermit(sim, instance.groupIds, "outbound", mysql, { address: eni.privateIp, groupIds: database.groupIds });
  return open ? { database } : { error: 2003 };
}

/** How far a replica is behind its primary at that time, milliseconds. */
export const replicaLagMs = (sim: Sim): number => 8 + Math.floor(40 * noise("lag", sim.now));

export interface WebAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const APPLICATION = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
};

function databaseFinding(sim: Sim, instance: Instance, role: "primary" | "replica"): object {
  const found = databaseFrom(sim, instance, role);
  if (!found) return { ok: false, why: "not set up yet" };
  if ("error" in found) return { ok: false, why: `not reachable (MySQL error ${found.error})` };
  return {
    ok: true,
    host: `ip-${(interfaceTable(sim).get(found.database.interfaceId)?.privateIp ?? "").replaceAll(".", "-")}`,
    readOnly: role === "replica",
    ms: 1,
    tls: "TLS_AES_256_GCM_SHA384",
    beat: { writer: instance.id, at: new Date(sim.now - (role === "replica" ? replicaLagMs(sim) : 0)).toISOString() },
  };
}

function findings(sim: Sim, instance: Instance): { readonly mounted: boolean; readonly found: Record<string, object> } {
  const mount = mounted(sim, instance);
  const tags = tagTable(sim).get(instance.id)?.tags ?? {};
  const files =
    mount === undefined
      ? { ok: false, why: "not mounted" }
      : mount.why === undefined
        ? { ok: true, usedBytes: 6144, freeBytes: 2 ** 63 }
        : { ok: false, why: "no answer in 2 s" };
  return {
    mounted: mount !== undefined,
    found: {
      instance: {
        id: instance.id,
        zone: subnetTable(sim).get(instance.subnetId)?.zone ?? "",
        type: instance.instanceType,
        image: instance.imageId,
        templateVersion: tags["aws:ec2launchtemplate:version"] ?? null,
        fileSystem: webSettings(sim, instance)?.fileSystemId ?? null,
      },
      files,
      primary: databaseFinding(sim, instance, "primary"),
      replica: databaseFinding(sim, instance, "replica"),
    },
  };
}

const html = (title: string, text: string) =>
  `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${title}</title></head>\n<body>\n${text}\n</body>\n</html>\n`;

/** What an instance whose Apache runs answers to a GET. @param path with its query */
export function webAnswer(sim: Sim, instance: Instance, path: string): WebAnswer {
  const [bare = "/"] = path.split("?");
  const file = /^\/(media|static)\/[\w.,+=@/-]+$/.test(bare) ? `/mnt/efs${bare}` : undefined;
  const disk = diskOf(sim, instance);
  if (file !== undefined && !bare.includes("/../")) {
    const text = disk.hangs(file) ? undefined : disk.read(file);
    if (text === undefined)
      return {
        status: 404,
        headers: { "content-type": "text/html; charset=iso-8859-1" },
        body: html("404 Not Found", "<h1>Not Found</h1>"),
      };
    return { status: 200, headers: { "content-type": "text/plain", "x-content-type-options": "nosniff" }, body: text };
  }
  const { mounted: there, found } = findings(sim, instance);
  // Without its file system an instance must not serve.
  const status = there ? 200 : 503;
  if (bare === "/health.json")
    return {
      status,
      headers: { ...APPLICATION, "content-type": "application/json" },
      body: JSON.stringify(found, null, 1),
    };
  if (bare !== "/")
    return {
      status: 404,
      headers: { "content-type": "text/html; charset=utf-8" },
      body: html("Not Found", "<h1>Not Found</h1>"),
    };
  const rows = Object.entries(found).map(
    ([name, of]) => `<section><h2>${name}</h2><pre>${JSON.stringify(of, null, 1)}</pre></section>`,
  );
  return {
    status,
    headers: { ...APPLICATION, "content-type": "text/html; charset=utf-8" },
    body: html(
      "BUDDYVERSE",
      `<h1>BUDDYVERSE</h1>\n<p>Sandbox: this page comes from ${instance.id}.</p>\n${rows.join("\n")}`,
    ),
  };
}

/** Requests that an instance has answered, by user agent: as its access log has them. */
interface Log {
  readonly instanceId: string;
  readonly agents: readonly { readonly agent: string; readonly count: number }[];
}
const logTable = (sim: Sim) => sim.table<Log>("machine.accessLogs");
/** So many user agents are kept of each instance, the last ones. */
const AGENTS = 20;

/** Writes a request into the instance's access log. */
export function logRequest(sim: Sim, instanceId: string, agent: string): void {
  const agents = logTable(sim).get(instanceId)?.agents ?? [];
  const count = (agents.find((one) => one.agent === agent)?.count ?? 0) + 1;
  const others = agents.filter((one) => one.agent !== agent);
  logTable(sim).putNow(instanceId, { instanceId, agents: [...others, { agent, count }].slice(-AGENTS) });
}

export const forgetLog = (sim: Sim, instanceId: string): void => logTable(sim).removeNow(instanceId);

/** How many requests of user agents with this text in them the access log has. */
export const loggedRequests = (sim: Sim, instanceId: string, text: string): number =>
  (logTable(sim).get(instanceId)?.agents ?? [])
    .filter(({ agent }) => agent.includes(text))
    .reduce((sum, { count }) => sum + count, 0);
