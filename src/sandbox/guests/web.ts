import { partitionOf } from "../../aws/partition.ts";
import { type ReleaseReport, releaseReportName } from "../../aws/ssm/release-report.ts";
import { changeInstance } from "../services/ec2/instance-states.ts";
import { noWayOut } from "../services/ec2/reach.ts";
import { type Instance, tagTable } from "../services/ec2/tables.ts";
import { profileAllows } from "../services/iam/iam.ts";
import { parameterValue, putParameterNow } from "../services/ssm/parameters.ts";
import type { Sim } from "../world.ts";
import { secretParameters } from "./app-secrets.ts";
import { releaseDocument } from "./documents.ts";
import { contentsOf, filesOf, putFile } from "./files.ts";
import { type BootScript, firstOf, parameterArn, say } from "./guest.ts";
import { writeLine } from "./logs.ts";
import { notMounted } from "./mount.ts";
import { bornOf } from "./recovered-files.ts";
import { documentOf, settingOf } from "./scripts.ts";

/** A line of web-boot.sh: on the console, and in its log. */
function boots(sim: Sim, instance: Instance, what: string): void {
  say(sim, instance, `BUDDYVERSE-BOOT ${what}`);
  writeLine(sim, instance, "/var/log/buddyverse/boot.log", `BUDDYVERSE-BOOT ${what}`);
}

/** A line that the application prints, as Apache writes it. */
const prints = (sim: Sim, instance: Instance, what: string): void =>
  writeLine(
    sim,
    instance,
    "/var/log/apache2/app.log",
    `[${new Date(sim.now).toISOString().slice(0, 19).replace("T", " ")}] ${what}`,
  );

/** Tells what came of a release, as web-release.py does; one that cannot be told of is one nevertheless. */
function report(sim: Sim, instance: Instance, of: Pick<ReleaseReport, "result" | "stage" | "output">): void {
  const name = releaseReportName(settingOf(instance, "BUDDYVERSE_STACK"));
  const at = new Date(sim.now).toISOString().replace(/\.\d+Z$/, "Z");
  const text = JSON.stringify({ ...of, seconds: 0, instance: instance.id, at });
  if (profileAllows(sim, instance.profileArn, "ssm:PutParameter", parameterArn(sim, name)))
    putParameterNow(sim, name, "String", text);
  else say(sim, instance, `BUDDYVERSE-RELEASE cannot write ${name}: AccessDeniedException`);
}

/**
 * The release command, once for each release, by web-release.py: the sandbox does not run it, and says so in its report.
 * False: it fails.
 */
function release(sim: Sim, instance: Instance): boolean {
  const { release, releaseId } = documentOf(instance, "APP_ENV", releaseDocument);
  const fileSystemId = settingOf(instance, "BUDDYVERSE_FILE_SYSTEM");
  const marker = `/.buddyverse/releases/${releaseId}`;
  if (release === "" || contentsOf(sim, fileSystemId).some(({ path }) => path === marker)) return true;
  const fails = sim.failing("release-command") !== undefined;
  const output = fails
    ? `${release}: it fails, as \`sandbox fail release-command\` says\n`
    : `not rehearsed: ${release}\n`;
  say(sim, instance, `BUDDYVERSE-RELEASE ${output.trimEnd()}`);
  writeLine(sim, instance, "/var/log/buddyverse/release.log", output.trimEnd());
  report(sim, instance, { result: fails ? "failed" : "succeeded", stage: "release", output });
  if (fails) return false;
  putFile(sim, fileSystemId, marker, "");
  return true;
}

/** web-user-data.sh, and the web-boot.sh of the image that it starts: mounts EFS, reads the settings, releases, starts Apache. */
export const web: BootScript = {
  settings: {
    BUDDYVERSE_REGION: /^[a-z0-9-]+$/,
    BUDDYVERSE_DNS_SUFFIX: /^[a-z.]+$/,
    BUDDYVERSE_STACK: /^.+$/,
    BUDDYVERSE_FILE_SYSTEM: /^fs-[0-9a-f]+$/,
    BUDDYVERSE_PARAMETER_PATH: /^\/.*\/$/,
    BUDDYVERSE_DATABASE: /^\w+$/,
    BUDDYVERSE_USER: /^\w+$/,
    APP_ENV: releaseDocument,
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
    const needed = [`${path}password`, `${path}primary`, ...secretParameters(instance)];
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
    const mount = { fileSystemId: settingOf(instance, "BUDDYVERSE_FILE_SYSTEM"), from: sim.now };
    changeInstance(sim, instance.id, { mount });
    const files = filesOf(sim, { ...instance, mount });
    if (typeof files !== "string") bornOf(files);
    if (!release(sim, instance)) return boots(sim, instance, "FAILED: the release command");
    if (instance.content === "application") {
      prints(sim, instance, "not rehearsed: the application; what it prints would stand here");
      boots(sim, instance, "not rehearsed: the application; it is taken to answer 200");
    }
    boots(sim, instance, "READY: EFS is mounted, Apache serves");
    changeInstance(sim, instance.id, { httpFrom: sim.now });
  },
  fail(sim, instance, why) {
    if (/^\w+Error: /.test(why)) prints(sim, instance, why);
    boots(sim, instance, `FAILED: ${why}`);
    const { release } = documentOf(instance, "APP_ENV", releaseDocument);
    if (release !== "") report(sim, instance, { result: "failed", stage: "boot", output: `${why}\n` });
  },
};
