/** The engine's own work by the number of objects, on a made-up type whose cloud answers at once, and what a state's writes cost. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Aws } from "../src/aws/aws.ts";
import { types } from "../src/aws/services.ts";
import { memoryText, sandboxStack } from "../src/cli/sandbox-stack.ts";
import { parseConfig } from "../src/config/load.ts";
import {
  type AnyType,
  type Identified,
  type Owner,
  type ResourceType,
  resource,
  step,
  type Tags,
} from "../src/engine/resource.ts";
import { openStack, type Stack } from "../src/engine/stack.ts";
import { jumpingClock } from "../src/lib/clock.ts";
import { freshWorld } from "../src/sandbox/fresh.ts";
import { openSandbox } from "../src/sandbox/sandbox.ts";
import { openStore, type StateStore, type StateText, stateFile } from "../src/state/store.ts";
import type { Inputs } from "../steps/inputs.ts";

interface Spec {
  readonly colour: string;
  readonly parent: string | undefined;
}
interface Live extends Spec, Identified {
  readonly tags: Tags;
}

const IDENTITY = { stack: "s", account: "1", region: "r" };

/** A stack of so many objects: each tenth stands on the one before, the others on the last such one. */
function stackOf(count: number): { readonly stack: Stack; readonly store: StateStore } {
  const clock = jumpingClock(Date.UTC(2026, 0, 1));
  const cloud = new Map<string, Live>();
  const keyOf = ({ tags }: { readonly tags: Tags }) => tags["buddyverse:key"] ?? "";
  const type: ResourceType<Spec, Live> = {
    name: "bench:thing",
    timing: { createSeconds: 10, timeoutSeconds: 600, deleteSeconds: 5 },
    find: async (_aws: Aws, owner: Owner) => cloud.get(keyOf(owner)),
    list: async () => [...cloud.values()],
    async create(_aws, spec, owner) {
      cloud.set(keyOf(owner), { ...spec, id: `thing-${keyOf(owner)}`, tags: owner.tags });
      return `thing-${keyOf(owner)}`;
    },
    async update() {},
    async delete(_aws, live) {
      cloud.delete(keyOf(live));
    },
  };
  type Thing = ReturnType<typeof resource<Spec, Live, Record<string, never>>>;
  const things: Thing[] = [];
  for (let index = 0; index < count; index++) {
    const parent = things[index - 1 - ((index - 1) % 10)];
    const key = `thing-${index}`;
    things.push(
      parent === undefined
        ? resource(type, key, key, {}, () => ({ colour: "red", parent: undefined }))
        : (resource(type, key, key, { parent }, (live) => ({
            colour: "red",
            parent: live.parent.id,
          })) as unknown as Thing),
    );
  }
  const store = openStore(memoryText(), IDENTITY, () => "lineage");
  let tokens = 0;
  const stack = openStack({
    name: "s",
    tags: {},
    steps: [step("things", Object.fromEntries(things.map((thing) => [thing.key, thing])))],
    types: new Map([[type.name, type as AnyType]]),
    aws: { coalesce: (_key: string, ask: () => unknown) => ask() } as unknown as Aws,
    store,
    clock,
    emit: () => {},
    signal: new AbortController().signal,
    token: () => `t${++tokens}`,
  });
  return { stack, store };
}

export interface Growth {
  readonly objects: number;
  /** Milliseconds of processor time an object. */
  readonly up: number;
  readonly again: number;
  readonly down: number;
  /** Of memory after `up`, KiB an object. */
  readonly memory: number;
}

async function processor(act: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

export async function growth(objects: number): Promise<Growth> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const { stack, store } = stackOf(objects);
  const up = await processor(() => stack.up());
  if (Object.keys(store.resources).length !== objects) throw new Error(`${objects} were to be made`);
  globalThis.gc?.();
  const memory = (process.memoryUsage().heapUsed - before) / 1_024;
  const again = await processor(() => stack.plan());
  const down = await processor(() => stack.down());
  if (Object.keys(store.resources).length !== 0) throw new Error("all were to go");
  return { objects, up: up / objects, again: again / objects, down: down / objects, memory: memory / objects };
}

/** What a plan of one stack asks and works, by how many stacks like it are in the account. */
export async function neighbours(stacks: number): Promise<{ readonly calls: number; readonly ms: number }> {
  const time = Date.UTC(2026, 0, 1);
  const clock = jumpingClock(time);
  const config = parseConfig({}, "config");
  const sandbox = openSandbox({
    world: freshWorld({ region: config.region, domain: undefined, time, seed: 1 }),
    clock,
  });
  const five = (kind: string, type: string, spec: object, name: (key: string) => string) =>
    Array.from({ length: 5 }, (_, index) => {
      const key = `${kind}-${index}`;
      return [key, resource(types.get(type) as AnyType, key, name(key), {}, () => spec)] as const;
    });
  const alarm = {
    ...{ namespace: "AWS/EC2", metric: "CPUUtilization", dimensions: {}, statistic: "Average", periodSeconds: 60 },
    ...{ comparison: "GreaterThanThreshold", evaluationPeriods: 2, datapointsToAlarm: 2, threshold: 90 },
    ...{ description: "", treatMissing: "missing", actions: [], okActions: [], actionsEnabled: true },
  };
  const role = { service: "ec2.amazonaws.com", statements: [], managedPolicies: [] };
  let calls = 0;
  const stackOfKinds = async (name: string) => {
    const things = [
      ...five("group", "logs:log-group", { retentionDays: 30 }, (key) => `/${name}/${key}`),
      ...five("parameter", "ssm:parameter", { value: "x" }, (key) => `/${name}/${key}`),
      ...five("alarm", "cloudwatch:alarm", alarm, (key) => `${name}-${key}`),
      ...five("role", "iam:role", role, (key) => `${name}-${key}`),
    ];
    const { stack } = await sandboxStack({
      config: { ...config, stack: name },
      inputs: {} as Inputs,
      sandbox,
      clock,
      text: memoryText(),
      steps: () => [step("things", Object.fromEntries(things))],
      onCall: () => calls++,
    });
    await stack.up();
    return stack;
  };
  const first = await stackOfKinds("one");
  for (let index = 1; index < stacks; index++) await stackOfKinds(`other-${index}`);
  await first.plan();
  calls = 0;
  let changes = 0;
  const ms = await processor(async () => {
    changes = (await first.plan()).items.filter(({ action }) => action !== "none").length;
  });
  if (changes > 0) throw new Error(`${changes} of the first stack are to be changed`);
  return { calls, ms };
}

/** What one write of a state costs, by how many objects are in it, wall milliseconds: the text alone, and with the disk. */
export function stateWrites(objects: number): {
  readonly objects: number;
  readonly text: number;
  readonly disk: number;
} {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-state-"));
  const record = (index: number, note: number) => ({
    type: "ec2:subnet",
    name: `Subnet-${index}`,
    id: `subnet-${String(index).padStart(17, "0")}`,
    status: "ready" as const,
    since: 1_790_000_000_000 + note,
    token: "0123456789abcdef0123456789abcdef",
    spec: { cidr: "172.31.10.0/24", zone: "ap-northeast-2a", vpcId: "vpc-0123456789abcdef0", public: true },
    needs: ["vpc"],
  });
  const timed = (text: StateText): number => {
    const store = openStore(text, IDENTITY, () => "lineage");
    store.setSeen(new Map());
    for (let index = 0; index < objects; index++) store.put(`subnet-${index}`, record(index, 0));
    const times = Array.from({ length: 21 }, (_, turn) => {
      const started = performance.now();
      store.put(`subnet-${(turn * 37) % objects}`, record(turn, turn + 1));
      return performance.now() - started;
    });
    return times.sort((a, b) => a - b)[10] ?? Number.NaN;
  };
  try {
    return { objects, text: timed(memoryText()), disk: timed(stateFile(join(folder, "state.json"))) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
