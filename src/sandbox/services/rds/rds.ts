import { composed, type SandboxService } from "../../service.ts";
import { byHand } from "./by-hand.ts";
import { durations } from "./durations.ts";
import { encryption } from "./encryption.ts";
import { events } from "./events.ts";
import { groups } from "./groups.ts";
import { instanceFailures, instances } from "./instances.ts";
import { metrics } from "./metrics.ts";
import { modifications, modifyFailures } from "./modify.ts";
import { passwords } from "./passwords.ts";
import { promotion } from "./promotion.ts";
import { replicationFailures } from "./replication.ts";
import { restores } from "./restore.ts";
import { subscriptions } from "./subscriptions.ts";

export const rds: SandboxService = composed(
  groups,
  instances,
  modifications,
  passwords,
  events,
  byHand,
  restores,
  promotion,
  encryption,
  subscriptions,
  {
    durations,
    metrics,
    errors: { missingParameter: "MissingParameter", malformedParameter: "InvalidParameterValue" },
    failures: {
      ...instanceFailures,
      ...modifyFailures,
      ...replicationFailures,
    },
    quotas: { "rds/L-7B6409FD": { name: "DB instances", value: 40, defaultOnly: true } },
    inventory: {
      "rds.databases": "databases",
      "rds.snapshots": "database snapshots",
      "rds.retainedBackups": "retained database backups",
      "rds.subnetGroups": "DB subnet groups",
      "rds.parameterGroups": "DB parameter groups",
    },
  },
);
