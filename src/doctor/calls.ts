import type { Call } from "../aws/aws.ts";

/** What `doctor` sends besides what `up`, `status` and `down` do. */
export const doctorCalls = [
  "iam.getRole",
  "iam.simulatePrincipalPolicy",
  "rds.describeOrderableDBInstanceOptions",
  "serviceQuotas.getServiceQuota",
] as const satisfies readonly Call[];
