import { partitionOf } from "../../aws/partition.ts";
import { changeInstance, stopInstance } from "../services/ec2/instance-states.ts";
import { noWayOut } from "../services/ec2/reach.ts";
import { profileAllows } from "../services/iam/iam.ts";
import { objectTable } from "../services/s3/tables.ts";
import { putParameterNow } from "../services/ssm/parameters.ts";
import { appDocument, releaseDocument } from "./documents.ts";
import { type BootScript, firstOf, parameterArn, say } from "./guest.ts";
import { writeLine } from "./logs.ts";
import { settingOf } from "./scripts.ts";

const KEY = /^[a-z]+\/[0-9a-f]{64}\.tar\.gz$/;

/** web-builder.sh: fetches the archives, sets the web server up, writes the mark with its own role, powers off; after a failure without it. */
export const builder: BootScript = {
  settings: {
    REGION: /^[a-z0-9-]+$/,
    MARKER: /^\/./,
    DATABASE_CA: /^https:\/\/\S+\.pem$/,
    AGENT: /^https:\/\/\S+$/,
    AGENT_KEY_URL: /^https:\/\/\S+$/,
    AGENT_KEY: /^[0-9A-F]{40}$/,
    APP_GIT: /^(https:\/\/.+)?$/,
    APP_REVISION: /^.*$/,
    BUCKET: /^[a-z0-9.-]+$/,
    SCRIPTS_KEY: KEY,
    APP_KEY: new RegExp(`^$|${KEY.source}`),
    APP: appDocument,
    RELEASE: releaseDocument,
  },
  takes: "builderSetup",
  cpuSeconds: 150,
  triesForSeconds: 300,
  attempt(sim, instance) {
    if (sim.failing("builder") !== undefined)
      return {
        fails: "apt-get install apache2: Failed to fetch http://archive.ubuntu.com/ubuntu: 503 Service Unavailable",
      };
    const may = (action: string, arn: string) =>
      profileAllows(sim, instance.profileArn, action, arn) ? undefined : `the role may not ${action} ${arn}`;
    const bucket = settingOf(instance, "BUCKET");
    const archives = ["SCRIPTS_KEY", "APP_KEY"].map((name) => settingOf(instance, name)).filter((key) => key !== "");
    const object = (key: string) => objectTable(sim).get(`${bucket}/${key}`);
    const waits = firstOf(
      noWayOut(sim, instance),
      ...archives.flatMap((key) => [
        may("s3:GetObject", `arn:${partitionOf(sim.region).name}:s3:::${bucket}/${key}`),
        object(key) ? undefined : `there is no s3://${bucket}/${key}`,
      ]),
      may("ssm:PutParameter", parameterArn(sim, settingOf(instance, "MARKER"))),
    );
    const other = archives.find((key) => !key.endsWith(`/${object(key)?.sha256}.tar.gz`));
    return waits === "done" && other !== undefined
      ? {
          fails: `s3://${bucket}/${other} is not what was sent (its SHA-256 is ${object(other)?.sha256}); remove it, then buddyverse up`,
        }
      : waits;
  },
  succeed(sim, instance) {
    const marker = settingOf(instance, "MARKER");
    putParameterNow(sim, marker, "String", "baked");
    // The last line that the agent sends: then it is stopped, and the image sealed.
    writeLine(sim, instance, "/var/log/buddyverse-setup.log", "BUDDYVERSE-SETUP set up; sealing");
    const own = settingOf(instance, "APP_GIT") !== "" || settingOf(instance, "APP_KEY") !== "";
    if (own)
      say(
        sim,
        instance,
        "BUDDYVERSE-SETUP not rehearsed: pip install, manage.py check and collectstatic, the application's first answer",
      );
    say(sim, instance, `BUDDYVERSE-SETUP DONE: ${marker} says baked`);
    changeInstance(sim, instance.id, { content: own ? "application" : "page" });
    stopInstance(sim, instance.id, true);
  },
  fail(sim, instance, why) {
    say(sim, instance, `BUDDYVERSE-SETUP FAILED: ${why}`);
    stopInstance(sim, instance.id, true);
  },
};
