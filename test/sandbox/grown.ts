import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { fail, mend, parseFailure } from "../../src/sandbox/failures.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import { START, stage } from "../lifecycle/stage.ts";

export const GROUP = "Buddy-AutoScaling-Group";

/** An instance of the Auto Scaling group, as the group describes it. */
export interface Member {
  readonly id: string;
  readonly zone: string;
  readonly state: string;
}

/** An AWS account in which the whole stack has been up for some minutes. */
export interface Account {
  readonly clock: Clock;
  readonly sandbox: Sandbox;
  /** A call as any client makes it: the owner of the stack, or a stranger. */
  ask<T = Readonly<Record<string, unknown>>>(service: string, operation: string, input?: object): Promise<T>;
  sleep(seconds: number): Promise<void>;
  /** What `sandbox fail` and `sandbox mend` do. */
  fail(kind: string, about?: string): void;
  mend(kind?: string): void;
  /** The group's instances, by zone. */
  members(): Promise<readonly Member[]>;
}

const worlds = new Map<string, Promise<{ readonly world: World; readonly at: number }>>();

async function bringUp(config: object): Promise<{ readonly world: World; readonly at: number }> {
  const on = await stage(config);
  await on.up();
  await on.clock.sleep(180_000);
  on.sandbox.settle();
  return { world: on.sandbox.world, at: on.clock.now() };
}

/** The account, each time a new copy; the stack is brought up once for a config. */
export async function grown(config: object = {}): Promise<Account> {
  const name = JSON.stringify(config);
  const before = worlds.get(name) ?? bringUp(config);
  worlds.set(name, before);
  const { world, at } = await before;
  return accountOn(copied(world), jumpingClock(at));
}

/** A new account, with nothing of the stack in it. */
export function fresh(domain?: string): Account {
  const world = freshWorld({ region: "ap-northeast-2", domain, time: START, seed: 7 });
  return accountOn(world, jumpingClock(START));
}

export function accountOn(world: World, clock: Clock): Account {
  const sandbox = openSandbox({ world, clock });
  const now = () => {
    sandbox.settle();
    return simAt(world, clock.now());
  };
  const ask = async <T>(service: string, operation: string, input: object = {}): Promise<T> =>
    (await sandbox.answer(service, operation, input)) as T;
  return {
    clock,
    sandbox,
    ask,
    async sleep(seconds) {
      await clock.sleep(seconds * 1_000);
      sandbox.settle();
    },
    fail: (kind, about) => fail(now(), parseFailure(kind, about)),
    mend: (kind) => mend(now(), kind),
    async members() {
      const { AutoScalingGroups } = await ask<{
        AutoScalingGroups: { Instances: { InstanceId: string; AvailabilityZone: string; LifecycleState: string }[] }[];
      }>("auto-scaling", "DescribeAutoScalingGroups", { AutoScalingGroupNames: [GROUP] });
      return (AutoScalingGroups[0]?.Instances ?? [])
        .map((one) => ({ id: one.InstanceId, zone: one.AvailabilityZone, state: one.LifecycleState }))
        .sort((one, other) => one.zone.localeCompare(other.zone));
    },
  };
}
