import { changeInstance } from "../services/ec2/instance-states.ts";
import { type Instance, interfaceTable, subnetTable, tagTable } from "../services/ec2/tables.ts";
import { replicatedUntil } from "../services/rds/replication.ts";
import type { Sim } from "../world.ts";
import { databaseFrom } from "./database-client.ts";
import { filesOf } from "./files.ts";
import { writeLine } from "./logs.ts";
import { mounted } from "./mount.ts";

/** What Apache and the application behind it do on a web instance. */

/** The port that Apache listens on: TLS ends at the load balancer. */
const HTTP = 80;

export const serves = (sim: Sim, instance: Instance, port = HTTP): boolean =>
  port === HTTP && instance.state === "running" && instance.httpFrom !== null && instance.httpFrom <= sim.now;

/** Starts or stops Apache; again is nothing. The image brings it, so it starts only there. */
export function setApache(sim: Sim, instance: Instance, on: boolean): void {
  if (on === serves(sim, instance)) return;
  changeInstance(sim, instance.id, { httpFrom: on ? sim.now : null });
  sim.tell("instanceAnswersChanged", instance.id);
}

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
    beat: {
      writer: instance.id,
      at: new Date(role === "replica" ? replicatedUntil(sim, found.database) : sim.now).toISOString(),
    },
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
        fileSystem: mount?.fileSystemId ?? null,
      },
      files,
      primary: databaseFinding(sim, instance, "primary"),
      replica: databaseFinding(sim, instance, "replica"),
    },
  };
}

const html = (title: string, text: string) =>
  `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${title}</title></head>\n<body>\n${text}\n</body>\n</html>\n`;

const notFound = (charset: string): WebAnswer => ({
  status: 404,
  headers: { "content-type": `text/html; charset=${charset}` },
  body: html("404 Not Found", "<h1>Not Found</h1>"),
});

/** What Apache answers by itself, from the file system. */
function fileAnswer(sim: Sim, instance: Instance, path: string): WebAnswer {
  const files = filesOf(sim, instance);
  const text = typeof files === "string" || path.includes("/../") ? undefined : files.read(path);
  return text === undefined
    ? notFound("iso-8859-1")
    : { status: 200, headers: { "content-type": "text/plain", "x-content-type-options": "nosniff" }, body: text };
}

/** The built-in page. */
function pageAnswer(sim: Sim, instance: Instance, path: string): WebAnswer {
  const { mounted: there, found } = findings(sim, instance);
  // Without its file system an instance must not serve.
  const status = there ? 200 : 503;
  if (path === "/health.json")
    return {
      status,
      headers: { ...APPLICATION, "content-type": "application/json" },
      body: JSON.stringify(found, null, 1),
    };
  if (path !== "/") return notFound("utf-8");
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

/** An application of one's own is not run: it is taken to have every page that it is asked for. */
const applicationAnswer = ({ id }: Instance): WebAnswer => ({
  status: 200,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: html("Sandbox", `<p>The sandbox does not run your application; ${id} would have answered.</p>`),
});

/** What an instance whose Apache runs answers to a GET. @param path with its query */
export function webAnswer(sim: Sim, instance: Instance, path: string): WebAnswer {
  const [bare = "/"] = path.split("?");
  if (/^\/(media|static)\/[\w.,+=@/-]+$/.test(bare)) return fileAnswer(sim, instance, bare);
  return instance.content === "application" ? applicationAnswer(instance) : pageAnswer(sim, instance, bare);
}

/** Requests that an instance has answered, by user agent: as its access log has them. */
interface Log {
  readonly instanceId: string;
  readonly agents: readonly { readonly agent: string; readonly count: number }[];
}
const logTable = (sim: Sim) => sim.table<Log>("guests.accessLogs");
/** So many user agents are kept of each instance, the last ones. */
const AGENTS = 20;

/** A request that Apache has answered. */
interface Logged {
  readonly agent: string;
  /** "GET /". */
  readonly line: string;
  readonly status: number;
}

/** Writes a request into the instance's access log. */
export function logRequest(sim: Sim, instance: Instance, { agent, line, status }: Logged): void {
  const instanceId = instance.id;
  const [, day, month, year, time] = new Date(sim.now).toUTCString().split(" ");
  const shown = `- - - [${day}/${month}/${year}:${time} +0000] "${line} HTTP/1.1" ${status} - "-" "${agent}"`;
  writeLine(sim, instance, "/var/log/apache2/access.log", shown);
  const agents = logTable(sim).get(instanceId)?.agents ?? [];
  const count = (agents.find((one) => one.agent === agent)?.count ?? 0) + 1;
  const others = agents.filter((one) => one.agent !== agent);
  logTable(sim).putNow(instanceId, { instanceId, agents: [...others, { agent, count }].slice(-AGENTS) });
}

/** A terminated instance's log is gone with it. */
export const forgetLog = (instanceId: string, sim: Sim): void => logTable(sim).removeNow(instanceId);

/** How many requests of user agents with this text in them the access log has. */
export const loggedRequests = (sim: Sim, instanceId: string, text: string): number =>
  (logTable(sim).get(instanceId)?.agents ?? [])
    .filter(({ agent }) => agent.includes(text))
    .reduce((sum, { count }) => sum + count, 0);
