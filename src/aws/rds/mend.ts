import type { DBInstance } from "@aws-sdk/client-rds";
import type { Mending } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { command } from "./commands.ts";
import type { InstanceLive } from "./read-instances.ts";

interface Setting {
  readonly option: (value: string) => string;
  /** It waits for the maintenance window unless it is to be done at once (user guide, "Available settings"). */
  readonly waits: boolean;
}
const named = (name: string, waits: boolean): Setting => ({ option: (value) => `--${name} ${value}`, waits });
const switched = (name: string, waits: boolean): Setting => ({
  option: (value) => `--${value === "true" ? "" : "no-"}${name}`,
  waits,
});

/** By the property that shows it. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  MultiAZ: switched("multi-az", true),
  StorageType: named("storage-type", true),
  CACertificateIdentifier: named("ca-certificate-identifier", true),
  IAMDatabaseAuthenticationEnabled: switched("enable-iam-database-authentication", true),
  PreferredMaintenanceWindow: named("preferred-maintenance-window", false),
  PreferredBackupWindow: named("preferred-backup-window", false),
};
const AT_ONCE = " --apply-immediately";

/**
 * The command that puts a setting back. What waits is taken back by the value in force, at once, and with that all comes into force
 * that waits besides: then there is none.
 */
export function mendInstance(
  aws: Aws,
  { id, described, accepted, alsoAccepted }: InstanceLive,
  { path, before }: { readonly path: string; readonly before: string | undefined },
): Mending | undefined {
  const modify = (options: string): Mending => ({ command: command(aws, "modify-db-instance", id, ` ${options}`) });
  const [, log] = /^EnabledCloudwatchLogsExports\[(.+)\]$/.exec(path) ?? [];
  if (log !== undefined) {
    const turned = before === undefined ? "DisableLogTypes" : "EnableLogTypes";
    return modify(`--cloudwatch-logs-export-configuration '{"${turned}":["${log}"]}'`);
  }
  const [, waiting] = /^PendingModifiedValues\.(\w+)$/.exec(path) ?? [];
  const setting = SETTINGS[waiting ?? path];
  const value = waiting === undefined ? before : String((described as DBInstance)[waiting as keyof DBInstance]);
  const isAlone = Object.keys(accepted).length + alsoAccepted.length === (waiting === undefined ? 0 : 1);
  if (setting === undefined || value === undefined || (setting.waits && !isAlone)) return undefined;
  return modify(`${setting.option(value)}${setting.waits ? AT_ONCE : ""}`);
}
