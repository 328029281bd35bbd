import { partitionOf } from "../../aws/partition.ts";
import { changeInstance } from "../services/ec2/instance-states.ts";
import { type Instance, instanceTable } from "../services/ec2/tables.ts";
import type { Sim } from "../world.ts";
import type { durations } from "./durations.ts";
import type { Shape } from "./scripts.ts";

/** What has come of a script's try: done, or what it waits for and will try again, or why it fails for good. */
export type Attempt = "done" | { readonly waitsFor: string } | { readonly fails: string };

/** A script in user data, as the sandbox plays it. */
export interface BootScript {
  /** The settings that it must have, and what their values look like. */
  readonly settings: Readonly<Record<string, Shape>>;
  /** From running until it is tried first. */
  readonly takes: keyof typeof durations;
  /** CPU time that it takes with the boot before it, seconds. The builder's is what the image test needs for it. */
  readonly cpuSeconds: number;
  /** How long the script tries again what it waits for, seconds. */
  readonly triesForSeconds: number;
  attempt(sim: Sim, instance: Instance): Attempt;
  succeed(sim: Sim, instance: Instance): void;
  fail(sim: Sim, instance: Instance, why: string): void;
}

/** Writes a line to the instance's console. */
export function say(sim: Sim, { id }: Instance, line: string): void {
  const before = instanceTable(sim).get(id)?.console ?? "";
  changeInstance(sim, id, { console: `${before}${line}\n` });
}

/** The first of them that is in the way. */
export const firstOf = (...whys: readonly (string | undefined)[]): Attempt => {
  const why = whys.find((one) => one !== undefined);
  return why === undefined ? "done" : { waitsFor: why };
};

export const parameterArn = (sim: Sim, name: string): string =>
  `arn:${partitionOf(sim.region).name}:ssm:${sim.region}:${sim.account}:parameter${name}`;
