import { msOf } from "../../service.ts";

/** Seconds: typical values of the field reports behind docs/internals/sandbox.md. */
export const durations = {
  loadBalancerActive: 170,
  /** A deleted load balancer's interfaces stay. */
  loadBalancerInterfaces: 60,
} as const;
export const ms = msOf(durations);
