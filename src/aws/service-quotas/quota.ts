import type { Identified, ResourceType } from "../../engine/resource.ts";
import type { Finding } from "../../report/findings.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { type Check, ok, type Planned, problem } from "../preflight.ts";

/** A quota of the account in the region, as Service Quotas knows it. */
export interface Quota {
  readonly service: string;
  readonly code: string;
  readonly name: string;
}

/**
 * How much the account may have. Where nobody ever asked for more, Service Quotas may have no value of the account's own, and
 * AWS's default holds (API reference, GetServiceQuota, NoSuchResourceException).
 */
async function limitOf(aws: Aws, { service, code }: Quota): Promise<number> {
  const asked = { ServiceCode: service, QuotaCode: code };
  const own = await undefinedIf(["NoSuchResourceException"], () => aws.serviceQuotas.getServiceQuota(asked));
  const { Quota } = own ?? (await aws.serviceQuotas.getAWSDefaultServiceQuota(asked));
  if (Quota?.Value === undefined) throw new Error(`Service Quotas gives no value for ${code}`);
  return Quota.Value;
}

/**
 * Compares a quota with what is in use and what is to be added.
 * @param later may be added later, by the stack itself: `what` wants so much more
 */
export async function quotaFinding(
  aws: Aws,
  about: string,
  quota: Quota,
  used: number | Promise<number>,
  added: number,
  later?: { readonly what: string; readonly more: number },
): Promise<Finding> {
  const [limit, inUse] = await Promise.all([limitOf(aws, quota), used]);
  const facts = `${limit} allowed, ${inUse} in use, ${added} to be added`;
  const most = inUse + added + (later?.more ?? 0);
  if (added > 0 && inUse + added > limit)
    return problem(
      about,
      facts,
      `Ask for more ("${quota.name}"; AWS may take a day, or ask back): ${aws.cli} service-quotas request-service-quota-increase --service-code ${quota.service} --quota-code ${quota.code} --desired-value ${most} --region ${aws.region}; or remove what is not needed.`,
    );
  return ok(about, most > limit ? `${facts}; not enough for ${later?.what}, which needs ${later?.more} more` : facts);
}

/** A check of a quota that counts objects of one type. @param used how many there are in the region, whosever they are */
export function countingCheck<S extends object, L extends S & Identified>(
  about: string,
  quota: Quota,
  type: ResourceType<S, L>,
  used: (aws: Aws) => Promise<number>,
): Check {
  return {
    about,
    types: [type],
    ask: (aws, plan) => quotaFinding(aws, about, quota, used(aws), plan.of(type).filter(isNew).length),
  };
}

/** What is replaced goes first. */
const isNew = ({ action }: Planned): boolean => action === "create";
