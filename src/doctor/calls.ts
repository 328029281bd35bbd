import type { Call } from "../aws/aws.ts";

/** What `doctor` sends besides what `up`, `status` and `down` do. */
export const doctorCalls = ["iam.getRole", "iam.simulatePrincipalPolicy"] as const satisfies readonly Call[];
