import type { Sim } from "./world.ts";

/** What AWS grants this account, where that is not its default. */
const grantedTable = (sim: Sim) => sim.table<{ readonly value: number }>("quotas.granted");

/** A quota as a service declares it, by Service Quotas' service and code ("ec2/L-1216C47A"). */
export const declaredQuota = (sim: Sim, code: string) =>
  sim.services.map(({ quotas }) => quotas?.[code]).find((one) => one !== undefined);

/** What was granted of it; undefined: nobody ever asked for another value than the default. */
export const grantedQuota = (sim: Sim, code: string): number | undefined => grantedTable(sim).get(code)?.value;

/** How much of it the account may have. */
export const quotaOf = (sim: Sim, code: string): number =>
  grantedQuota(sim, code) ?? declaredQuota(sim, code)?.value ?? Number.POSITIVE_INFINITY;

/** Another value is granted. */
export const grantQuota = (sim: Sim, code: string, value: number): void => grantedTable(sim).putNow(code, { value });
