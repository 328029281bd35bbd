import type { LogName } from "./log-names.ts";
import { logGroupName } from "./logs.ts";

/** A file whose lines are sent to a log. */
interface LogFile {
  readonly path: string;
  readonly log: LogName;
  /** Tells the files of one log apart: each has a stream of its own. */
  readonly part?: string;
}

/** The configuration of the CloudWatch agent that sends these files, in streams that are named by the instance. */
export const agentConfig = (stack: string, files: readonly LogFile[]): string =>
  JSON.stringify({
    logs: {
      logs_collected: {
        files: {
          collect_list: files.map(({ path, log, part }) => ({
            file_path: path,
            log_group_name: logGroupName({ stack }, log),
            log_stream_name: part === undefined ? "{instance_id}" : `{instance_id}/${part}`,
          })),
        },
      },
    },
  });

export const WEB_FILES: readonly LogFile[] = [
  { path: "/var/log/apache2/access.log", log: "apache", part: "access" },
  { path: "/var/log/apache2/error.log", log: "apache", part: "error" },
  { path: "/var/log/apache2/app.log", log: "app" },
  { path: "/var/log/buddyverse/boot.log", log: "boot" },
  { path: "/var/log/buddyverse/release.log", log: "release" },
];
export const BUILDER_FILES: readonly LogFile[] = [{ path: "/var/log/buddyverse-setup.log", log: "builder" }];
export const NAT_FILES: readonly LogFile[] = [{ path: "/var/log/buddyverse-nat.log", log: "nat" }];
