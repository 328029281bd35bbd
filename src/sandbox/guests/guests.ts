import type { SandboxService } from "../service.ts";
import { boot, work } from "./boot.ts";
import { forgetFiles } from "./disk.ts";
import { durations } from "./durations.ts";
import { forgetLog } from "./web-server.ts";

/** What runs on the sandbox's instances. */
export const guests: SandboxService = {
  operations: {},
  durations,
  failures: { builder: {} },
  hooks: {
    instanceStarted: boot,
    instanceTerminated(id, sim) {
      forgetFiles(sim, id);
      forgetLog(sim, id);
    },
    fileSystemDeleted: (id, sim) => forgetFiles(sim, id),
  },
  timers: { job: work },
};
