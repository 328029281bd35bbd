import { ms as ec2Ms } from "../services/ec2/durations.ts";
import { changeInstance, stopInstance } from "../services/ec2/instance-states.ts";
import { groupsPermit, noWayOut } from "../services/ec2/reach.ts";
import { type Instance, imageTable, instanceTable, interfaceTable, subnetTable } from "../services/ec2/tables.ts";
import { lostSince } from "../services/ec2/zones.ts";
import { profileAllows } from "../services/iam/iam.ts";
import { parameterValue, putParameterNow } from "../services/ssm/parameters.ts";
import type { Sim } from "../world.ts";
import { type durations, ms } from "./durations.ts";

/**
 * What runs inside the sandbox's instances: their user data, recognised by the very scripts that the stack sends. Anything
 * else boots and does nothing.
 */
interface Job {
  /** From running until it is tried first. */
  readonly takes: keyof typeof durations;
  /** How long the script tries again what fails, seconds. */
  readonly triesFor: number;
  /** What is in the way; undefined: it is done. */
  attempt(sim: Sim, instance: Instance): string | undefined;
  succeed(sim: Sim, instance: Instance): void;
  fail(sim: Sim, instance: Instance, why: string): void;
}

const TRY_AGAIN_MS = 15_000;

const script = ({ userData }: Instance): string => (userData ? Buffer.from(userData, "base64").toString("utf8") : "");
const setting = (text: string, name: string): string => new RegExp(`\\b${name}='?([^'\\s]*)'?`).exec(text)?.[1] ?? "";
const say = (sim: Sim, { id }: Instance, line: string): void => {
  const before = instanceTable(sim).get(id)?.console ?? "";
  changeInstance(sim, id, { console: `${before}${line}\n` });
};
const parameterArn = (sim: Sim, name: string) => `arn:aws:ssm:${sim.region}:${sim.account}:parameter${name}`;

/** nat-setup.sh: installs nftables and routes. */
const nat: Job = {
  takes: "natReady",
  triesFor: 300,
  attempt: noWayOut,
  succeed(sim, instance) {
    say(sim, instance, "BUDDYVERSE-NAT SETUP DONE: routing now and after each reboot");
    changeInstance(sim, instance.id, { routesFrom: sim.now });
  },
  fail: (sim, instance, why) => say(sim, instance, `BUDDYVERSE-NAT FAILED: dnf -y -q install nftables: ${why}`),
};

/** web-builder.sh: sets the web server up, writes the mark with its own role, powers off; after a failure without the mark. */
const builder: Job = {
  takes: "builderSetup",
  triesFor: 300,
  attempt(sim, instance) {
    const text = script(instance);
    const may = (action: string, arn: string) =>
      profileAllows(sim, instance.profileArn, action, arn) ? undefined : `the role may not ${action} ${arn}`;
    const bucket = setting(text, "APP_BUCKET");
    const key = setting(text, "APP_KEY");
    return (
      (sim.failing("builder") === undefined ? undefined : "apt-get install apache2") ??
      noWayOut(sim, instance) ??
      (bucket ? may("s3:GetObject", `arn:aws:s3:::${bucket}/${key}`) : undefined) ??
      (bucket && !sim.table("s3.objects").get(`${bucket}/${key}`) ? `there is no s3://${bucket}/${key}` : undefined) ??
      may("ssm:PutParameter", parameterArn(sim, setting(text, "MARKER")))
    );
  },
  succeed(sim, instance) {
    const marker = setting(script(instance), "MARKER");
    putParameterNow(sim, marker, "String", "baked");
    say(sim, instance, `BUDDYVERSE-SETUP DONE: ${marker} says baked`);
    changeInstance(sim, instance.id, { setUp: true });
    stopInstance(sim, instance.id, true);
  },
  fail(sim, instance, why) {
    say(sim, instance, `BUDDYVERSE-SETUP FAILED: ${why}`);
    stopInstance(sim, instance.id, true);
  },
};

/** Why the file system cannot be mounted from there; undefined: it can. */
function notMounted(sim: Sim, instance: Instance, fileSystemId: string): string | undefined {
  const zone = subnetTable(sim).get(instance.subnetId)?.zone;
  if (lostSince(sim, instance.subnetId) !== undefined) return `${zone} is lost`;
  const target = sim
    .table<{ fileSystemId: string; zone: string; interfaceId: string; address: string; state: string }>("efs.targets")
    .all()
    .find((one) => one.fileSystemId === fileSystemId && one.zone === zone);
  if (target?.state !== "available") return `${fileSystemId} has no available mount target in ${zone}`;
  const groupIds = interfaceTable(sim).get(target.interfaceId)?.groupIds ?? [];
  const nfs = { protocol: "tcp", port: 2049 } as const;
  const here = { address: instance.privateIp, groupIds: instance.groupIds };
  return groupsPermit(sim, groupIds, "inbound", nfs, here) &&
    groupsPermit(sim, instance.groupIds, "outbound", nfs, { address: target.address, groupIds })
    ? undefined
    : `the security groups do not let ${instance.id} reach ${fileSystemId} at port 2049`;
}

/** web-boot.sh: mounts EFS, reads the settings, starts Apache. */
const web: Job = {
  takes: "webBoot",
  triesFor: 600,
  attempt(sim, instance) {
    const text = script(instance);
    const path = setting(text, "BUDDYVERSE_PARAMETER_PATH");
    const needed = [`${path}password`, `${path}primary`];
    const forbidden = needed.find(
      (name) => !profileAllows(sim, instance.profileArn, "ssm:GetParameters", parameterArn(sim, name)),
    );
    const missing = needed.find((name) => parameterValue(sim, name) === undefined);
    return (
      notMounted(sim, instance, setting(text, "BUDDYVERSE_FILE_SYSTEM")) ??
      noWayOut(sim, instance) ??
      (forbidden && `the role may not read ${forbidden}`) ??
      (missing && `not in SSM yet: ${missing}`)
    );
  },
  succeed(sim, instance) {
    say(sim, instance, "BUDDYVERSE-BOOT READY: EFS is mounted, Apache serves");
    const fileSystemId = setting(script(instance), "BUDDYVERSE_FILE_SYSTEM");
    changeInstance(sim, instance.id, { httpFrom: sim.now, mount: { fileSystemId, from: sim.now } });
  },
  fail: (sim, instance, why) => say(sim, instance, `BUDDYVERSE-BOOT FAILED: ${why}`),
};

/** The settings of a web instance, as its user data names them; undefined: it is none. */
export function webSettings(
  sim: Sim,
  instance: Instance,
): { readonly stack: string; readonly parameterPath: string; readonly fileSystemId: string } | undefined {
  if (jobOf(sim, instance) !== web) return undefined;
  const text = script(instance);
  return {
    stack: setting(text, "BUDDYVERSE_STACK"),
    parameterPath: setting(text, "BUDDYVERSE_PARAMETER_PATH"),
    fileSystemId: setting(text, "BUDDYVERSE_FILE_SYSTEM"),
  };
}

/** The file system that answers at /mnt/efs now; undefined: nothing is mounted. `why`: it is mounted and does not answer. */
export function mounted(
  sim: Sim,
  instance: Instance,
): { readonly fileSystemId: string; readonly why: string | undefined } | undefined {
  if (instance.state !== "running" || instance.mount === null) return undefined;
  const { fileSystemId } = instance.mount;
  return { fileSystemId, why: notMounted(sim, instance, fileSystemId) };
}

/** The job of an instance's user data. */
function jobOf(sim: Sim, instance: Instance): Job | undefined {
  const text = script(instance);
  if (text.includes("systemctl restart buddyverse-nat.service")) return nat;
  if (text.includes("bash /run/buddyverse-setup/web-setup.sh") && setting(text, "MARKER")) return builder;
  // buddyverse-boot.service is in the image.
  if (text.includes("systemctl start buddyverse-boot.service"))
    return imageTable(sim).get(instance.imageId)?.serves ? web : undefined;
  return undefined;
}

/** An instance has come up: its user data runs. */
export function boot(id: string, sim: Sim): void {
  const instance = instanceTable(sim).get(id);
  const job = instance && jobOf(sim, instance);
  say(sim, { id } as Instance, "Linux version 6.8.0-aws, cloud-init: running user data");
  if (job) sim.after(ms(job.takes), "guests:job", id);
}

/** The job of an instance's user data is tried, again and again until it is done or given up. */
export function work(id: string, sim: Sim): void {
  const instance = instanceTable(sim).get(id);
  const job = instance?.state === "running" ? jobOf(sim, instance) : undefined;
  if (!instance || !job) return;
  const why = job.attempt(sim, instance);
  const givesUpAt = instance.launchedAt + ec2Ms("instanceRunning") + ms(job.takes) + job.triesFor * 1_000;
  if (why === undefined) job.succeed(sim, instance);
  else if (sim.now >= givesUpAt || (job === builder && sim.failing("builder") !== undefined))
    job.fail(sim, instance, why);
  else sim.after(TRY_AGAIN_MS, "guests:job", id);
}
