import type { Drill } from "./drill.ts";
import { deadWeb } from "./drills/dead-web.ts";
import { lostInstance } from "./drills/lost-instance.ts";
import { lostNat } from "./drills/lost-nat.ts";
import { lostPrimary } from "./drills/lost-primary.ts";
import { lostZone } from "./drills/lost-zone.ts";
import { restore } from "./drills/restore.ts";
import { restoreFiles } from "./drills/restore-files.ts";
import { scaleOut } from "./drills/scale-out.ts";
import type { DrillName } from "./result.ts";

/** All drills by their names. */
export const drills: Readonly<Record<DrillName, Drill>> = {
  "dead-web": deadWeb,
  "lost-instance": lostInstance,
  "lost-nat": lostNat,
  "lost-zone": lostZone,
  restore,
  "restore-files": restoreFiles,
  "lost-primary": lostPrimary,
  "scale-out": scaleOut,
};
