import { partitionOf } from "../../aws/partition.ts";
import { changeInstance } from "../services/ec2/instance-states.ts";
import { noWayOut } from "../services/ec2/reach.ts";
import { tagTable } from "../services/ec2/tables.ts";
import { profileAllows } from "../services/iam/iam.ts";
import { parameterValue } from "../services/ssm/parameters.ts";
import { filesOf } from "./files.ts";
import { type BootScript, firstOf, parameterArn, say } from "./guest.ts";
import { writeLine } from "./logs.ts";
import { notMounted } from "./mount.ts";
import { bornOf } from "./recovered-files.ts";
import { settingOf } from "./scripts.ts";

const BOOT_LOG = "/var/log/buddyverse/boot.log";

/** web-user-data.sh, and the web-boot.sh of the image that it starts: mounts EFS, reads the settings, starts Apache. */
export const web: BootScript = {
  settings: {
    BUDDYVERSE_REGION: /^[a-z0-9-]+$/,
    BUDDYVERSE_DNS_SUFFIX: /^[a-z.]+$/,
    BUDDYVERSE_STACK: /^.+$/,
    BUDDYVERSE_FILE_SYSTEM: /^fs-[0-9a-f]+$/,
    BUDDYVERSE_PARAMETER_PATH: /^\/.*\/$/,
    BUDDYVERSE_DATABASE: /^\w+$/,
    BUDDYVERSE_USER: /^\w+$/,
  },
  takes: "webBoot",
  cpuSeconds: 40,
  triesForSeconds: 600,
  attempt(sim, instance) {
    if (instance.content === null)
      return { fails: "systemctl start buddyverse-boot.service: Unit buddyverse-boot.service not found" };
    const release = tagTable(sim).get(instance.id)?.tags["aws:ec2launchtemplate:version"];
    if (sim.failing("release", release) !== undefined)
      return { fails: "ModuleNotFoundError: No module named 'config.wsgi'" };
    const path = settingOf(instance, "BUDDYVERSE_PARAMETER_PATH");
    const suffix = settingOf(instance, "BUDDYVERSE_DNS_SUFFIX");
    const needed = [`${path}password`, `${path}primary`];
    const forbidden = needed.find(
      (name) => !profileAllows(sim, instance.profileArn, "ssm:GetParameters", parameterArn(sim, name)),
    );
    const missing = needed.find((name) => parameterValue(sim, name) === undefined);
    return firstOf(
      suffix === partitionOf(sim.region).dnsSuffix
        ? undefined
        : `mount.nfs4: Failed to resolve server: no name ends with ${suffix} here`,
      notMounted(sim, instance, settingOf(instance, "BUDDYVERSE_FILE_SYSTEM")),
      noWayOut(sim, instance),
      forbidden && `the role may not read ${forbidden}`,
      missing && `not in SSM yet: ${missing}`,
    );
  },
  succeed(sim, instance) {
    const ready = "BUDDYVERSE-BOOT READY: EFS is mounted, Apache serves";
    say(sim, instance, ready);
    writeLine(sim, instance, BOOT_LOG, ready);
    const fileSystemId = settingOf(instance, "BUDDYVERSE_FILE_SYSTEM");
    changeInstance(sim, instance.id, { httpFrom: sim.now, mount: { fileSystemId, from: sim.now } });
    const files = filesOf(sim, { ...instance, mount: { fileSystemId, from: sim.now } });
    if (typeof files !== "string") bornOf(files);
  },
  fail(sim, instance, why) {
    say(sim, instance, `BUDDYVERSE-BOOT FAILED: ${why}`);
    writeLine(sim, instance, BOOT_LOG, `BUDDYVERSE-BOOT FAILED: ${why}`);
  },
};
