import type { Aws } from "../../src/aws/aws.ts";
import { findOwned } from "../../src/aws/owned.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import type { Event } from "../../src/engine/events.ts";
import { type Graph, graphOf } from "../../src/engine/graph.ts";
import {
  type AnyType,
  type Health,
  type Identified,
  type ResourceType,
  type resource,
  step,
  type Tags,
} from "../../src/engine/resource.ts";
import type { Run } from "../../src/engine/run.ts";
import { readLag } from "../../src/engine/schedule.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import type { Recorded } from "../../src/state/state.ts";
import { openStore } from "../../src/state/store.ts";

export const NOW = Date.UTC(2026, 0, 1);

export interface ToySpec {
  readonly colour: string;
  readonly shape?: string;
  readonly link?: string;
}
export interface ToyLive extends ToySpec, Identified {
  readonly tags: Tags;
  readonly state: string;
}

/** A cloud of toys: one table, calls counted, faults to order. */
export interface ToyCloud {
  readonly toys: Map<
    string,
    ToyLive & { readonly visibleFrom: number; readonly readyFrom: number; readonly goneFrom?: number }
  >;
  readonly calls: string[];
  /** Thrown by the next calls of a verb, in order; `after: true` acts first, then throws. */
  readonly faults: { verb: string; error: Error; after?: boolean }[];
  lagMs: number;
  buildMs: number;
  goneMs: number;
  failing: boolean;
}

export const awsError = (name: string, status = 400): Error =>
  Object.assign(new Error(`${name} happened`), { name, $metadata: { httpStatusCode: status, attempts: 1 } });

export interface Playground {
  readonly cloud: ToyCloud;
  readonly run: Run;
  readonly events: Event[];
  readonly type: ResourceType<ToySpec, ToyLive>;
  readonly types: ReadonlyMap<string, AnyType>;
  readonly abort: AbortController;
  graph(...toys: readonly ReturnType<typeof resource<ToySpec, ToyLive, Record<string, never>>>[]): Graph;
  record(key: string, recorded: Partial<Recorded>): void;
}

export function playground(more: Partial<ResourceType<ToySpec, ToyLive>> = {}): Playground {
  const clock = jumpingClock(NOW);
  const cloud: ToyCloud = { toys: new Map(), calls: [], faults: [], lagMs: 0, buildMs: 0, goneMs: 0, failing: false };
  let ids = 0;

  async function call<T>(verb: string, act: () => T): Promise<T> {
    cloud.calls.push(verb);
    await clock.sleep(50);
    const index = cloud.faults.findIndex((fault) => fault.verb === verb);
    const fault = index < 0 ? undefined : cloud.faults.splice(index, 1)[0];
    if (fault && !fault.after) throw fault.error;
    const result = act();
    if (fault) throw fault.error;
    return result;
  }
  const list = (_aws: Aws, stack: string) =>
    call("find", () =>
      [...cloud.toys.values()]
        .filter(
          (toy) =>
            toy.tags["buddyverse:stack"] === stack &&
            toy.visibleFrom <= clock.now() &&
            !(toy.goneFrom !== undefined && toy.goneFrom <= clock.now()),
        )
        .map(
          (toy): ToyLive => ({
            ...toy,
            state:
              toy.goneFrom !== undefined
                ? "deleting"
                : cloud.failing
                  ? "failed"
                  : toy.readyFrom <= clock.now()
                    ? "ready"
                    : "pending",
          }),
        ),
    );
  const health = ({ state }: ToyLive): Health => (state === "failed" ? { failed: "it broke" } : (state as Health));

  const type: ResourceType<ToySpec, ToyLive> = {
    name: "toy:toy",
    immutable: ["shape"],
    timing: { createSeconds: 10, timeoutSeconds: 600, deleteSeconds: 5 },
    retryable: { create: ["NotReadyYet"], delete: ["DependencyViolation"] },
    list,
    find: findOwned(list, { health }),
    health,
    create: (_aws, spec, owner, token) =>
      call("create", () => {
        const id = `toy-${++ids}-${token}`;
        const now = clock.now();
        cloud.toys.set(id, {
          ...spec,
          id,
          tags: owner.tags,
          state: "pending",
          visibleFrom: now + cloud.lagMs,
          readyFrom: now + cloud.buildMs,
        });
        return id;
      }),
    update: (_aws, live, spec, _changed, owner) =>
      call("update", () => {
        const toy = cloud.toys.get(live.id);
        if (toy) cloud.toys.set(live.id, { ...toy, ...spec, tags: { ...toy.tags, ...owner.tags } });
      }),
    delete: (_aws, live) =>
      call("delete", () => {
        const toy = cloud.toys.get(live.id);
        if (
          toy &&
          [...cloud.toys.values()].some(
            (other) => other.link === live.id && !(other.goneFrom !== undefined && other.goneFrom <= clock.now()),
          )
        )
          throw awsError("DependencyViolation");
        if (toy) cloud.toys.set(live.id, { ...toy, goneFrom: clock.now() + cloud.goneMs });
      }),
    ...more,
  };

  const events: Event[] = [];
  const abort = new AbortController();
  let tokens = 0;
  const store = openStore(memoryText(), { stack: "s", account: "1", region: "r" }, () => "l");
  const run: Run = {
    aws: {} as Aws,
    clock,
    store,
    emit: (event) => events.push(event),
    signal: abort.signal,
    token: () => `t${++tokens}`,
    discardData: false,
    discardFiles: false,
    unprotect: false,
    remove: new Set<string>(),
    deleteKept: false,
    replace: false,
    allowOutage: false,
    upgrade: new Set(),
    lag: readLag(),
  };
  return {
    cloud,
    run,
    events,
    type,
    types: new Map([[type.name, type as AnyType]]),
    abort,
    graph: (...toys) => graphOf([step("toys", Object.fromEntries(toys.map((toy) => [toy.key, toy])))], "s", {}),
    record: (key, recorded) =>
      store.put(key, {
        type: "toy:toy",
        name: key,
        status: "ready",
        since: NOW,
        token: "old",
        spec: {},
        needs: [],
        ...recorded,
      }),
  };
}
