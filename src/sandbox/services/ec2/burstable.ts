/** A type's credits. One credit is one vCPU at 100 % for one minute. */
export interface Burstable {
  readonly vcpus: number;
  readonly creditsPerHour: number;
  /** T2 in standard mode gets these at its start, 30 for each vCPU; the others get none. */
  readonly launchCredits: number;
}

type Sizes = Readonly<Record<string, readonly [vcpus: number, creditsPerHour: number]>>;
const T2: Sizes = {
  nano: [1, 3],
  micro: [1, 6],
  small: [1, 12],
  medium: [2, 24],
  large: [2, 36],
  xlarge: [4, 54],
  "2xlarge": [8, 81.6],
};
const T3: Sizes = {
  nano: [2, 6],
  micro: [2, 12],
  small: [2, 24],
  medium: [2, 24],
  large: [2, 36],
  xlarge: [4, 96],
  "2xlarge": [8, 192],
};
/**
 * vCPUs and credits earned in an hour, by type (EC2 user guide, burstable-credits-baseline-concepts, the credit table). The
 * baseline of each vCPU is creditsPerHour / vcpus / 60; as many as are earned in 24 hours can be kept.
 */
const CREDIT_TABLE: Readonly<Record<string, Sizes>> = { t2: T2, t3: T3, t3a: T3, t4g: T3 };

/** Undefined: the type knows no credits. */
export function burstable(instanceType: string): Burstable | undefined {
  const [family = "", size = ""] = instanceType.split(".");
  const row = CREDIT_TABLE[family]?.[size];
  if (!row) return undefined;
  const [vcpus, creditsPerHour] = row;
  return { vcpus, creditsPerHour, launchCredits: family === "t2" ? 30 * vcpus : 0 };
}
