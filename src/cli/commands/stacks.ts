import { existsSync } from "node:fs";
import pLimit from "p-limit";
import type { Aws } from "../../aws/aws.ts";
import { enabledRegions } from "../../aws/ec2/read-regions.ts";
import { type TaggedStack, taggedStacks } from "../../aws/ec2/read-stacks.ts";
import { failureOf } from "../../aws/failure.ts";
import { usualRegion } from "../../aws/region.ts";
import { CONFIG_FILE, parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { PriceTable } from "../../cost/price-table.ts";
import { BuddyError } from "../../lib/errors.ts";
import { heading } from "../../report/views/heading.ts";
import { type ListedStack, type ListedStacks, stacksView } from "../../report/views/stacks.ts";
import { atWork } from "../at-work.ts";
import { withConnection } from "../connection.ts";
import { costOfState } from "../cost-summary.ts";
import { type FoundStates, findStates } from "../found-states.ts";
import { lookOf } from "../look.ts";
import type { CommonOptions } from "../options.ts";
import { printView } from "../output.ts";
import { configOf, pathsOf, throwIfNoRegion } from "../paths.ts";
import { pricesIn } from "../prices.ts";

const NEEDS =
  "Give the caller the permissions that `buddyverse policy --with stacks` prints, then run the same command again.";
/** So many regions are looked at side by side. */
const AT_ONCE = 8;

/** Lists the stacks of the account in a region or in all, by their tags; who is at work on them; and what states say of them, here and in S3. */
export async function stacks(options: CommonOptions & { readonly allRegions?: boolean }): Promise<number> {
  const config = await configOrRegion(options);
  const paths = pathsOf(options);
  return withConnection({ options, paths, config, writes: false }, async ({ aws, clock }) => {
    const places = options.allRegions ? await enabledRegions(aws).catch(inWords) : [aws.region];
    const looked = await lookIn(aws, places);
    const states = findStates(options, paths, config, aws);
    const prices = pricesBy((region) => pricesIn(paths.folder, region, options));
    const found: ListedStacks = {
      regions: looked.flatMap(({ region, reason }) => (reason === undefined ? [region] : [])),
      stacks: await Promise.all(
        looked.flatMap(({ region, tagged = [] }) =>
          tagged.map((one) => listed(aws, { ...one, region }, states, prices(region))),
        ),
      ),
      unseen: looked.flatMap(({ region, reason }) => (reason === undefined ? [] : [{ region, reason }])),
    };
    const look = lookOf(options, process.stdout);
    const end = aws.credentialsEnd();
    const place = {
      region: options.allRegions ? "all regions" : aws.region,
      sandbox: options.sandbox ?? false,
      account: options.sandbox ? undefined : aws.account,
      credentials: end && { end, now: clock.now() },
    };
    printView(options, [heading(place, look), stacksView(found, look)].join("\n\n"), {
      account: aws.account,
      region: aws.region,
      ...found,
      stacks: found.stacks.map(({ vpc, monthly, lastRun, state, lock, unknown, ...one }) => ({
        ...one,
        vpc: vpc ?? null,
        monthly: monthly ? { usd: monthly.usd, complete: monthly.complete } : null,
        lastRun: lastRun ?? null,
        state: state ?? null,
        lock: lock ?? null,
        unknown: unknown ?? null,
      })),
    });
    return found.unseen.length > 0 ? 3 : 0;
  });
}

/** Of a folder without a config the region is all that is needed: that of the command line, or the SDK's own. */
async function configOrRegion(options: CommonOptions): Promise<Config> {
  if (options.sandbox || options.config !== undefined || existsSync(CONFIG_FILE)) return configOf(options);
  throwIfNoRegion(options.region);
  const region = options.region ?? (await usualRegion(options.profile));
  if (region !== undefined) return parseConfig({ region }, CONFIG_FILE);
  throw new BuddyError({
    code: "usage",
    message: `no region is named: there is no ${CONFIG_FILE}, and neither AWS_REGION nor the profile says one`,
    hint: "Name it: buddyverse stacks --region ap-northeast-2; with --all-regions any one of your account.",
  });
}

interface Looked {
  readonly region: string;
  readonly tagged?: readonly TaggedStack[];
  /** Why it could not be looked at. */
  readonly reason?: string;
}

/** One region that refuses does not end the list. Throws what it said where no region can be looked at. */
async function lookIn(aws: Aws, regions: readonly string[]): Promise<readonly Looked[]> {
  const failures: unknown[] = [];
  const looked = await pLimit(AT_ONCE).map(regions, async (region): Promise<Looked> => {
    try {
      return { region, tagged: await taggedStacks(region === aws.region ? aws : aws.elsewhere(region)) };
    } catch (error) {
      if (error instanceof BuddyError && error.code === "interrupted") throw error;
      failures.push(error);
      return { region, reason: failureOf(error, aws.cli).message };
    }
  });
  if (failures.length === regions.length) inWords(failures[0]);
  return looked;
}

/** What the role lacks is not in the policy that is printed for `up` alone. */
function inWords(error: unknown): never {
  if (error instanceof BuddyError) throw error;
  const { code, message, hint = code === "denied" ? NEEDS : undefined } = failureOf(error);
  throw new BuddyError({ code, message, hint, cause: error });
}

/** Each region's, read once. */
function pricesBy(read: (region: string) => PriceTable): (region: string) => PriceTable {
  const all = new Map<string, PriceTable>();
  return (region) => {
    const prices = all.get(region) ?? read(region);
    all.set(region, prices);
    return prices;
  };
}

async function listed(
  aws: Aws,
  { stack, region, vpcs, objects }: TaggedStack & { readonly region: string },
  states: FoundStates,
  prices: PriceTable,
): Promise<ListedStack> {
  const [found, work] = await Promise.all([states.of(stack, region), atWork(aws, stack, region)]);
  const { path, state, lastRun } = found.known ?? {};
  const monthly = state && costOfState(state, prices);
  const missing = [
    ...(monthly ? [] : ["no whole `up` of it has ended"]),
    ...(lastRun ? [] : ["its history says of no run"]),
  ];
  return {
    stack,
    region,
    vpc: vpcs[0],
    objects: Object.values(objects).reduce((sum, count) => sum + count, 0),
    monthly,
    lastRun,
    state: path,
    lock: work.lock,
    unknown: [found.reason ?? missing.join(", and "), work.reason ?? ""].filter(Boolean).join("; ") || undefined,
  };
}
