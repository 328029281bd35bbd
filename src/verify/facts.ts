import type { Aws } from "../aws/aws.ts";
import type { Config } from "../config/schema.ts";
import type { Identified } from "../engine/resource.ts";
import type { Stack } from "../engine/stack.ts";
import type { Clock } from "../lib/clock.ts";
import { CheckFailed } from "./check.ts";

/** A running stack, and what facts about it are read with. */
export interface StackSource {
  readonly config: Config;
  readonly aws: Aws;
  readonly clock: Pick<Clock, "now">;
  readonly stack: Pick<Stack, "graph" | "find">;
  /** The ranges from which the config allows ssh, as they were last applied; "my-ip" where no address ever was. */
  readonly allowedCidrs: readonly string[];
}

/** One thing that checks ask about the stack: how it is read. It may read other facts. */
export type Fact<T> = (stack: FactsContext) => Promise<T>;

/** Answers a fact. */
export type ReadFact = <T>(fact: Fact<T>) => Promise<T>;

/** What a fact is read from. */
export interface FactsContext extends Omit<StackSource, "stack" | "clock"> {
  readonly read: ReadFact;
  /** Milliseconds since 1970. */
  now(): number;
  /** All keys of the stack. */
  readonly keys: readonly string[];
  /** The name of the object of that key. */
  nameOf(key: string): string;
  /** The object of that key, which must be of type `L`. Throws `CheckFailed` when it does not exist. */
  requireLive<L extends Identified>(key: string): Promise<L>;
}

/** @throws CheckFailed when the object does not exist */
export async function requireLive<L extends Identified>(
  { graph, find }: StackSource["stack"],
  key: string,
): Promise<L> {
  const live = await find(key);
  if (!live) throw new CheckFailed(`${graph.nodes.get(key)?.name ?? key} is not there`);
  return live as L;
}

/** A reader that reads each fact, and each object of the stack, once: the same answer or failure however many checks ask. */
export function factsReader(source: StackSource): ReadFact {
  const { config, aws, clock, stack, allowedCidrs } = source;
  const facts = new Map<Fact<unknown>, Promise<unknown>>();
  const objects = new Map<string, Promise<Identified>>();
  const context: FactsContext = {
    config,
    aws,
    allowedCidrs,
    now: () => clock.now(),
    keys: [...stack.graph.nodes.keys()],
    nameOf: (key) => stack.graph.nodes.get(key)?.name ?? key,
    requireLive: <L extends Identified>(key: string) =>
      once(objects, key, () => requireLive<Identified>(stack, key)) as Promise<L>,
    read: <T>(fact: Fact<T>) => once(facts, fact as Fact<unknown>, () => fact(context)) as Promise<T>,
  };
  return context.read;
}

function once<K, V>(answers: Map<K, Promise<V>>, key: K, read: () => Promise<V>): Promise<V> {
  const answer = answers.get(key) ?? read();
  answers.set(key, answer);
  return answer;
}
