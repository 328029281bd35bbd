import type { Call } from "../aws/aws.ts";
import { commandCalls } from "../verify/aws/commands.ts";

/** What `rotate` sends besides what `up`, `status` and `down` do: scripts on the web instances. */
export const rotateCalls: readonly Call[] = commandCalls;
