import type { SandboxService } from "../service.ts";
import { forgetRan } from "./app-command.ts";
import { attempt, boot, checkUserData } from "./boot.ts";
import { forgetFetch } from "./database-client.ts";
import { durations } from "./durations.ts";
import { fileSystemDeleted, removeFile } from "./files.ts";
import { forgetRows, writeRow } from "./rows.ts";
import { forgetLog } from "./web-server.ts";

/** What runs on the sandbox's instances. */
export const guests: SandboxService = {
  operations: {},
  durations,
  failures: {
    builder: {},
    release: {
      about: "the number of a release, as 2: the application does not start on its instances",
      form: /^[1-9]\d*$/,
    },
    "release-command": {},
    nat: {
      about: `"fails" or "hangs": the set-up of NAT instances says on the console that it failed, or nothing at all`,
      oneOf: () => ["fails", "hangs"],
    },
  },
  hooks: {
    userDataGiven: checkUserData,
    instanceStarted: boot,
    instanceTerminated(id, sim) {
      forgetLog(id, sim);
      forgetFetch(id, sim);
      forgetRows(id, sim);
      forgetRan(id, sim);
    },
    fileSystemDeleted,
  },
  timers: { boot: attempt, "remove-file": removeFile, row: writeRow },
};
