import { msOf } from "../../service.ts";

/** Seconds: typical values of the field reports behind docs/internals/sandbox.md. */
export const durations = {
  instanceRunning: 15,
  instanceStopped: 30,
  instanceTerminated: 40,
  consoleKept: 240,
  imageAvailable: 300,
  natGatewayAvailable: 110,
  natGatewayDeleted: 50,
  endpointDeleted: 60,
  /** An address is still held after its NAT gateway shows deleted. */
  addressHeld: 10,
} as const;
export const ms = msOf(durations);
