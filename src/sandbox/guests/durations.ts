import { msOf } from "../service.ts";

/** Seconds: typical values of the field reports behind docs/internals/sandbox.md. */
export const durations = {
  /** From running until user data of a NAT instance has set up routing. */
  natReady: 45,
  /** From running until the builder has installed everything and powers off. */
  builderSetup: 240,
  /** From running until a web instance answers http. */
  webBoot: 60,
} as const;
export const ms = msOf(durations);
