/** How a burstable instance pays for CPU above its baseline: with what it has earned, or, when that is spent, with money. */
export type CpuCredits = "standard" | "unlimited";

const BURSTABLE = /^t(\d)[a-z]*\./;

/**
 * The credit option of an instance type: the chosen one, else AWS's default. It is sent with each launch, as an account
 * may have set another default for its region (ModifyDefaultCreditSpecification). Undefined: the type is not burstable, and
 * EC2 refuses the parameter with it (InstanceCreditSpecification.NotSupported; hashicorp/terraform-provider-aws#5067).
 *
 * AWS's default: standard for T2, unlimited for T3, T3a and T4g. These get no launch credits, so a new one in standard mode
 * is held at its baseline (10 % of each vCPU of a t3.micro), CloudWatch shows no more than that, and a group that follows
 * its CPU never grows. For Auto Scaling groups AWS recommends unlimited (EC2 user guide,
 * burstable-performance-instances-how-to and -standard-mode-concepts).
 */
export function cpuCreditsOf(instanceType: string, chosen: CpuCredits | null): CpuCredits | undefined {
  const generation = BURSTABLE.exec(instanceType)?.[1];
  // T1 has credits, but no choice.
  if (generation === undefined || generation === "1") return undefined;
  return chosen ?? (generation === "2" ? "standard" : "unlimited");
}

/** What a launch says of it. */
export const creditSpecification = (cpuCredits: CpuCredits | undefined) =>
  cpuCredits === undefined ? {} : { CreditSpecification: { CpuCredits: cpuCredits } };
