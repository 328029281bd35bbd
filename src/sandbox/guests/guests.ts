import type { SandboxService } from "../service.ts";
import { attempt, boot, checkUserData } from "./boot.ts";
import { durations } from "./durations.ts";
import { fileSystemDeleted, removeFile } from "./files.ts";
import { forgetLog } from "./web-server.ts";

/** What runs on the sandbox's instances. */
export const guests: SandboxService = {
  operations: {},
  durations,
  failures: { builder: {} },
  hooks: {
    userDataGiven: checkUserData,
    instanceStarted: boot,
    instanceTerminated: forgetLog,
    fileSystemDeleted,
  },
  timers: { boot: attempt, "remove-file": removeFile },
};
