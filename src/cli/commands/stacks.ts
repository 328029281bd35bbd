import { readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { taggedStacks } from "../../aws/ec2/read-stacks.ts";
import { BuddyError } from "../../lib/errors.ts";
import { heading } from "../../report/views/heading.ts";
import { type ListedStack, stacksView } from "../../report/views/stacks.ts";
import { fileText } from "../../state/file.ts";
import { historyFile, readHistory } from "../../state/history.ts";
import type { StackState } from "../../state/state.ts";
import { readState } from "../../state/store.ts";
import { costOfState } from "../cost-summary.ts";
import type { CommonOptions } from "../options.ts";
import { pathsOf } from "../paths.ts";
import { localText } from "../recorded.ts";
import { screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";

/** Lists the stacks of the account in the region, by their tags; and what the states that lie here say of them. */
export async function stacks(options: CommonOptions): Promise<number> {
  const purpose = { command: "stacks", writes: false, resolvesAddress: false, stateless: true };
  return withSession(options, purpose, async (session) => {
    const { aws } = session;
    const screen = screenOf(session);
    const known = await statesOf(session);
    const found = (await taggedStacks(aws)).map(({ stack, vpcs, objects }): ListedStack => {
      const here = known.find(({ state }) => state.stack === stack);
      return {
        stack,
        vpc: vpcs[0],
        objects: Object.values(objects).reduce((sum, count) => sum + count, 0),
        monthly: here && costOfState(here.state, session.prices),
        lastRun: here && lastRunOf(here.file),
        state: here && basename(here.file),
      };
    });
    const text = [heading(screen.place, screen.look), stacksView(found, aws.region, screen.look)].join("\n\n");
    screen.result(text, {
      account: aws.account,
      region: aws.region,
      stacks: found.map(({ vpc, monthly, lastRun, state, ...one }) => ({
        ...one,
        vpc: vpc ?? null,
        monthly: monthly ? { usd: monthly.usd, complete: monthly.complete } : null,
        lastRun: lastRun ?? null,
        state: state ?? null,
      })),
    });
    return 0;
  });
}

interface Known {
  readonly file: string;
  readonly state: StackState;
}

/** The states beside the run's own that are of its account and region. One that cannot be read is told by whoever works with it. */
async function statesOf({ options, aws }: Session): Promise<readonly Known[]> {
  const paths = pathsOf(options);
  const folder = dirname(resolve(paths.state));
  const ending = options.sandbox ? ".sandbox.json" : ".state.json";
  const beside = readdirSync(folder).filter((name) => name.endsWith(ending));
  const files = [...new Set([resolve(paths.state), ...beside.map((name) => join(folder, name))])];
  const states = await Promise.all(
    files.map(async (file) => {
      try {
        const state = readState(await localText(options, file));
        return state?.account === aws.account && state.region === aws.region ? [{ file, state }] : [];
      } catch (error) {
        if (error instanceof BuddyError && error.code === "state") return [];
        throw error;
      }
    }),
  );
  return states.flat();
}

function lastRunOf(file: string): ListedStack["lastRun"] {
  const last = readHistory(fileText(historyFile(file))).runs.at(-1);
  return last && { at: last.at, command: last.command, result: last.result };
}
