import { isRead } from "../../src/aws/safety.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Stage } from "../lifecycle/stage.ts";

/** What survives a kill at some moment of a command. */
export interface Point {
  readonly where: string;
  readonly world: string;
  readonly state: string | undefined;
  readonly time: number;
}

/** All that can survive a kill of a command: before each changing call, and after AWS has acted. What is the same counts once. */
export async function pointsOf(on: Stage, command: (on: Stage) => Promise<unknown>): Promise<readonly Point[]> {
  const found = new Map<string, Point>();
  const tell = (where: string) => {
    const [world, state] = [JSON.stringify(on.sandbox.world), on.text.text];
    const key = `${world}${state}`;
    if (!found.has(key)) found.set(key, { where, world, state, time: on.clock.now() });
  };
  const sandbox: Sandbox = {
    ...on.sandbox,
    async answer(service: string, operation: string, input: object) {
      if (!isRead(operation)) tell(`before ${operation}`);
      const answer = await on.sandbox.answer(service, operation, input);
      if (!isRead(operation)) tell(`after ${operation}`);
      return answer;
    },
  };
  await command({ ...on, sandbox });
  return [...found.values()];
}
