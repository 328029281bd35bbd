import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { Config } from "../config/schema.ts";
import type { Plan, PlanItem } from "../engine/plan.ts";
import { BuddyError, type Problem } from "../lib/errors.ts";
import { readRegular } from "../lib/regular-file.ts";
import { isSecret, valueText } from "../report/differences.ts";
import { nounOf } from "../report/names.ts";
import { writeAtomically } from "../state/file.ts";
import type { FromOptions } from "./from-copy.ts";
import type { Session } from "./session.ts";

/** What of a command's options decides on what is planned. */
export interface PlanningOptions extends FromOptions {
  readonly step?: string;
  readonly replace?: boolean;
  readonly refreshImage?: boolean;
  readonly allowOutage?: boolean;
  readonly upgrade?: readonly string[];
}

const SCHEMA_VERSION = 1;

const change = z.object({ before: z.string().optional(), after: z.string() });
const item = z.object({
  key: z.string(),
  name: z.string(),
  object: z.string(),
  action: z.string(),
  changes: z.record(z.string(), change),
});
const options = z.object({
  step: z.string().optional(),
  replace: z.boolean().optional(),
  refreshImage: z.boolean().optional(),
  allowOutage: z.boolean().optional(),
  upgrade: z.array(z.string()).optional(),
  fromSnapshot: z.string().optional(),
  emptyDatabase: z.boolean().optional(),
  files: z.string().optional(),
  openVault: z.boolean().optional(),
});
/** What is said when a plan is made, and not when it is done. */
export const PLANNING_OPTIONS = Object.keys(options.shape) as readonly (keyof typeof options.shape)[];

const savedPlan = z.object({
  buddyversePlan: z.literal(SCHEMA_VERSION),
  version: z.string().optional(),
  at: z.string(),
  stack: z.string(),
  region: z.string(),
  /** Null: the sandbox. */
  account: z.string().nullable(),
  config: z.string(),
  edition: z.string().optional(),
  options,
  items: z.array(item),
  seconds: z.number(),
});

/** A plan in a file: what is decided and what differs, as text; no secret. */
export type SavedPlan = z.infer<typeof savedPlan>;
type SavedItem = z.infer<typeof item>;

/** Where and from what a plan is made. */
export interface PlanOrigin {
  readonly stack: string;
  readonly region: string;
  readonly account: string | null;
  readonly config: Config;
}

/** Where a session is, as a plan is made there. */
export const placeOf = ({ config, aws, options }: Session): PlanOrigin => ({
  stack: config.stack,
  region: aws.region,
  account: options.sandbox ? null : aws.account,
  config,
});

const digest = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
/** Longer values are kept as a digest, as are those that may not be shown. */
const LONGEST = 300;
function kept(field: string, value: unknown): string {
  const text = valueText(value);
  return text.length > LONGEST || isSecret(field) ? digest(text) : text;
}

function savedItem({ key, name, object, action, differences, values = {} }: PlanItem): SavedItem {
  const changes = [
    ...Object.entries(values).map(([field, value]) => [field, { after: kept(field, value) }] as const),
    ...differences.map(
      ({ field, found, wanted }) => [field, { before: kept(field, found), after: kept(field, wanted) }] as const,
    ),
  ];
  return { key, name, object, action, changes: Object.fromEntries(changes) };
}

/** What `up` would do, of what it does anything about. */
const savedItems = ({ items }: Plan): SavedItem[] => items.filter(({ action }) => action !== "none").map(savedItem);

/** Writes a plan to a file. Throws `state` when that cannot be. */
export function savePlan(
  file: string,
  plan: Plan,
  { stack, region, account, config }: PlanOrigin,
  how: {
    readonly options: PlanningOptions;
    readonly at: number;
    readonly version: string | undefined;
    readonly edition: string | undefined;
  },
): void {
  const { step, replace, refreshImage, allowOutage, upgrade, fromSnapshot, emptyDatabase, files, openVault } =
    how.options;
  const saved: SavedPlan = {
    buddyversePlan: SCHEMA_VERSION,
    version: how.version,
    at: new Date(how.at).toISOString(),
    stack,
    region,
    account,
    config: digest(JSON.stringify(config)),
    edition: how.edition,
    options: {
      step,
      replace,
      refreshImage,
      allowOutage,
      upgrade: upgrade && [...upgrade],
      fromSnapshot,
      emptyDatabase,
      files,
      openVault,
    },
    items: savedItems(plan),
    seconds: Math.round(plan.seconds),
  };
  writeAtomically(file, `${JSON.stringify(saved, null, 2)}\n`);
}

/** Reads a plan that was saved. Throws `usage` when it is none. */
export function readPlan(file: string): SavedPlan {
  let text: string;
  try {
    text = readRegular(file);
  } catch (error) {
    throw new BuddyError({
      code: "usage",
      message: `the plan ${file} cannot be read`,
      about: { file },
      hint: "`buddyverse plan --out FILE` writes one.",
      cause: error,
    });
  }
  const saved = savedPlan.safeParse(parsedJson(text));
  if (saved.success) return saved.data;
  throw new BuddyError({
    code: "usage",
    message: `${file} is no plan that this version can read`,
    about: { file },
    hint: "Make it again: `buddyverse plan --out FILE`. A plan is for the version that made it.",
  });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const placeText = ({ stack, region, account }: Pick<PlanOrigin, "stack" | "region" | "account">): string =>
  `stack ${stack} in ${region}, ${account === null ? "the sandbox" : `account ${account}`}`;

/** Throws `usage` when the plan was made for another stack, region or account. */
export function throwIfElsewhere(file: string, saved: SavedPlan, here: PlanOrigin): void {
  if (placeText(saved) === placeText(here)) return;
  throw new BuddyError({
    code: "usage",
    message: `the plan ${file} is for ${placeText(saved)}; this is ${placeText(here)}`,
    about: { file },
    hint: "Nothing was changed. Go where it was made for, or make a plan here: `buddyverse plan --out FILE`.",
  });
}

/** Throws `refused`, with both sides, when what `up` would do now is not what was saved. */
export function throwIfMoved(file: string, saved: SavedPlan, now: Plan, here: PlanOrigin): void {
  const problems = movedSince(saved.items, savedItems(now));
  if (problems.length === 0) return;
  const config = saved.config === digest(JSON.stringify(here.config)) ? "What is there" : "The config";
  throw new BuddyError({
    code: "refused",
    message: `${config} has changed since the plan ${file} was made (${saved.at}): what up would do is not what was saved`,
    about: { file },
    problems,
    hint: "Nothing was changed. Look at it anew: `buddyverse plan --out FILE`, then `buddyverse up FILE`.",
  });
}

/** What is decided otherwise, object by object, on both sides. */
function movedSince(saved: readonly SavedItem[], now: readonly SavedItem[]): Problem[] {
  const [before, after] = [new Map(saved.map((one) => [one.key, one])), new Map(now.map((one) => [one.key, one]))];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [one, other] = [before.get(key), after.get(key)];
    if (isDeepStrictEqual(plain(one), plain(other))) return [];
    const { name, object } = (one ?? other) as SavedItem;
    const differing = (side: SavedItem | undefined, rest: SavedItem | undefined) =>
      sideText(side, side?.action === rest?.action ? rest : undefined);
    return [
      {
        path: "",
        message: `${nounOf(object)} ${name}: saved: ${differing(one, other)}; now: ${differing(other, one)}`,
      },
    ];
  });
}

const plain = (one: SavedItem | undefined): unknown => one && JSON.parse(JSON.stringify(one));

/** What was decided, with the fields that are not the same on the other side. */
function sideText(one: SavedItem | undefined, other: SavedItem | undefined): string {
  if (!one) return "nothing";
  const fields = Object.entries(one.changes).filter(
    ([field, own]) => !isDeepStrictEqual(plainChange(own), plainChange(other?.changes[field])),
  );
  const texts = fields.map(([field, { before, after }]) =>
    before === undefined ? `${field} ${shown(after)}` : `${field} ${shown(before)} → ${shown(after)}`,
  );
  return [one.action, ...(one.action === "create" && !other ? [] : texts)].join(" ");
}

/** Of what is kept as a digest some of that, which tells one from another. */
const shown = (text: string): string => text.replace(/^sha256:(.{8}).{56}$/, "(long text $1…)");

const plainChange = (one: { readonly before?: string | undefined; readonly after: string } | undefined): unknown =>
  one && [one.before, one.after];
