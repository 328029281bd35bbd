import { runLock } from "../../aws/logs/run-lock.ts";
import { bucketFacts, makeStateBucket, protectStateBucket } from "../../aws/s3/state-bucket.ts";
import type { Config } from "../../config/schema.ts";
import { BuddyError } from "../../lib/errors.ts";
import { counted } from "../../lib/text.ts";
import { bucketView, stateView } from "../../report/views/state.ts";
import { fileText, type Text } from "../../state/file.ts";
import { historyFile } from "../../state/history.ts";
import type { SharedText } from "../../state/shared.ts";
import { heldBy, heldText } from "../../state/stack-lock.ts";
import { checkIdentity, type LocalState, readState, stateFile } from "../../state/store.ts";
import { type Connected, withConnection } from "../connection.ts";
import { withLocks } from "../locks.ts";
import { lookOf } from "../look.ts";
import type { CommonOptions } from "../options.ts";
import { printResult, printView } from "../output.ts";
import { configOf, isShared, type Paths, pathsOf } from "../paths.ts";
import {
  configuredPlace,
  placeIn,
  type SharedPlace,
  sharedPlaceOf,
  sharedTexts,
  throwIfUnfit,
  urlOf,
  usualKey,
} from "../state-place.ts";

interface Work {
  readonly options: CommonOptions;
  readonly config: Config;
  readonly paths: Paths;
}

/** Where the state is, and how it is kept: shows it, prints it, makes its bucket, moves it. */
export async function state(
  what: "show" | "pull" | "init" | "move",
  to: string | undefined,
  options: CommonOptions,
): Promise<number> {
  const work: Work = { options, config: configOf(options), paths: pathsOf(options) };
  if (to !== undefined && (what === "show" || what === "pull"))
    throw new BuddyError({
      code: "usage",
      message: `state ${what} takes no place`,
      hint: `Another state than the config's: buddyverse state ${what} --state ${to}`,
    });
  if (what === "show") return show(work);
  if (what === "pull") return pull(work);
  return what === "init" ? init(work, to) : move(work, to);
}

async function show({ options, config, paths }: Work): Promise<number> {
  const place = sharedPlaceOf(options, config);
  return withConnection({ options, config, paths, writes: false }, async ({ aws, backend }) => {
    const text = place ? await readOnce(sharedTexts(aws, place).state) : backend.text;
    const found = readState(text);
    const held = await heldBy(runLock(aws, config.stack));
    const bucket =
      place && (await bucketFacts(aws.bookkeeping(place.region).s3, { bucket: place.bucket, owner: aws.account }));
    const value = {
      place: place ? urlOf(place) : text.path,
      found: found !== undefined,
      ...(found
        ? {
            stack: found.stack,
            account: found.account,
            region: found.region,
            lineage: found.lineage,
            serial: found.serial,
            writtenBy: found.writtenBy ?? null,
            objects: Object.keys(found.resources).length,
          }
        : {}),
      ...(place && bucket ? { bucket: { name: place.bucket, region: place.region, ...bucket } } : {}),
      lock: held ?? null,
    };
    const lock = held && `${heldText(held, Date.now())} (id ${held.token})`;
    printView(options, stateView({ ...value, lock }, lookOf(options, process.stdout)), value);
    return 0;
  });
}

/** The state as it is, on stdout: it is JSON. */
async function pull({ options, config, paths }: Work): Promise<number> {
  const place = sharedPlaceOf(options, config);
  const text = await withConnection({ options, config, paths, writes: false }, async ({ aws, backend }) =>
    place ? await readOnce(sharedTexts(aws, place).state) : backend.text,
  );
  const content = text.read();
  if (!readState(text) || content === undefined) throw noState(text.path);
  printResult(options, content.trimEnd(), { state: JSON.parse(content) });
  return 0;
}

async function init({ options, config, paths }: Work, url: string | undefined): Promise<number> {
  const place = url === undefined ? (sharedPlaceOf(options, config) ?? configuredPlace(config)) : placeIn(url, config);
  if (!place)
    throw new BuddyError({
      code: "usage",
      message: "the config names no place for the state",
      hint: 'Say it there, as "state": { "bucket": "example-buddyverse-state" }; or here: buddyverse state init s3://BUCKET/KEY',
    });
  return withLocks({ options, config, paths, command: "state init" }, async ({ aws }) => {
    const { s3 } = aws.bookkeeping(place.region);
    const of = { bucket: place.bucket, owner: aws.account };
    const made = await makeStateBucket(s3, of, place.region);
    await protectStateBucket(s3, of, aws.partition, await bucketFacts(s3, of));
    const bucket = { name: place.bucket, region: place.region, ...(await bucketFacts(s3, of)) };
    const lines = [
      `${made ? "Made the bucket" : "The bucket is there:"} ${place.bucket}, in ${place.region}.`,
      bucketView(bucket, lookOf(options, process.stdout)),
      ...(config.state ? [] : ["", `Now write into ${paths.config}:`, `  ${configLine(place, config)}`]),
      ...(config.state && !options.sandbox && readState(stateFile(paths.state))
        ? ["", "`buddyverse state move` takes the state there."]
        : []),
    ];
    printView(options, lines.join("\n"), { made, place: urlOf(place), bucket });
    return 0;
  });
}

/** One end of a move. */
interface End {
  readonly path: string;
  readonly shared: boolean;
  readonly state: Text;
  readonly history: Text;
  /** Writes where nothing is. False: something is there. */
  put(state: string, history: string | undefined): Promise<boolean>;
  remove(): Promise<void>;
}

async function move({ options, config, paths }: Work, to: string | undefined): Promise<number> {
  const current = sharedPlaceOf(options, config);
  const configured = configuredPlace(config);
  if (to === undefined && !configured)
    throw new BuddyError({
      code: "usage",
      message: "state move needs to know where to",
      hint: "Name it: buddyverse state move s3://BUCKET/KEY, or a file; or write the bucket into the config's state.",
    });
  // Without a place it goes where the config says, from the file that it was in before.
  const target = to === undefined ? configured : isShared(to) ? placeIn(to, config) : undefined;
  const from = to === undefined || (target && current && urlOf(target) === urlOf(current)) ? undefined : current;
  return withLocks({ options, config, paths, command: "state move" }, async (connected) => {
    const file = to !== undefined && !target && !options.sandbox ? to : paths.state;
    const source = await endOf(connected, paths, from, paths.state);
    const end = await endOf(connected, paths, target, file);
    const text = source.state.read();
    const found = readState(source.state);
    if (!found || text === undefined) {
      if (source.path === end.path || !readState(end.state)) throw noState(source.path);
      // The answer to a move that was cut off at its end.
      throw new BuddyError({
        code: "usage",
        message: `there is no state at ${source.path}: it is at ${end.path} already`,
        about: { file: source.path },
        hint: ["Nothing was changed.", ...adviceAfter(end, target, { options, config, paths })].join("\n"),
      });
    }
    const { aws } = connected;
    checkIdentity(found, { stack: config.stack, account: aws.account, region: aws.region }, source.path);
    if (source.path === end.path)
      throw new BuddyError({
        code: "usage",
        message: `the state is at ${end.path} already`,
        hint: "Nothing was changed.",
      });
    if (!(await end.put(text, source.history.read())))
      throw new BuddyError({
        code: "refused",
        message: `there is a state at ${end.path} already`,
        about: { file: end.path },
        hint: "Nothing was changed. Name another place, or move that one away.",
      });
    await source.remove();
    const next = adviceAfter(end, target, { options, config, paths });
    printResult(
      options,
      [
        `Moved the state (${counted(Object.keys(found.resources).length, "object")}) from ${source.path} to ${end.path}.`,
        ...next,
      ].join("\n"),
      { from: source.path, to: end.path, serial: found.serial },
    );
    return 0;
  });
}

/** What the config must say from now on. */
function adviceAfter(
  { path }: End,
  target: SharedPlace | undefined,
  { options, config, paths }: Work,
): readonly string[] {
  const configured = configuredPlace(config);
  if (target && configured && urlOf(target) === urlOf(configured)) return [];
  if (target) return [`Now write into ${paths.config}:`, `  ${configLine(target, config)}`];
  if (config.state) return [`Now write into ${paths.config}:`, '  "state": null'];
  return options.sandbox || path === paths.state ? [] : [`From now on say --state ${path}.`];
}

function configLine({ bucket, key, region }: SharedPlace, config: Config): string {
  const more = {
    ...(key === usualKey(config.stack) ? {} : { key }),
    ...(region === config.region ? {} : { region }),
  };
  return `"state": ${JSON.stringify({ bucket, ...more })
    .replace(/([{:,])/g, "$1 ")
    .replace("}", " }")}`;
}

async function endOf(
  { aws, backend }: Connected,
  paths: Paths,
  place: SharedPlace | undefined,
  file: string,
): Promise<End> {
  if (!place) {
    const state: LocalState = file === paths.state ? backend.text : stateFile(file);
    const history = fileText(historyFile(file));
    return {
      path: file,
      shared: false,
      state,
      history,
      async put(text, runs) {
        const there = state.read();
        // The same: a move that was cut off continues, as in S3.
        if (there !== undefined && there !== text) return false;
        state.write(text);
        if (runs !== undefined) history.write(runs);
        return true;
      },
      async remove() {
        state.remove();
        stateFile(history.path).remove();
      },
    };
  }
  const texts = sharedTexts(aws, place);
  return {
    path: urlOf(place),
    shared: true,
    state: await readOnce(texts.state),
    history: await readOnce(texts.history),
    async put(text, runs) {
      if ((await texts.state.read()) === undefined) await throwIfUnfit(aws, place);
      if ((await texts.state.write(text, undefined)) === undefined) return false;
      if (runs !== undefined) await texts.history.write(runs, (await texts.history.read())?.mark);
      return true;
    },
    async remove() {
      await texts.state.remove();
      await texts.history.remove();
    },
  };
}

async function readOnce({ path, read }: SharedText): Promise<Text> {
  const found = await read();
  return { path, read: () => found?.text, write() {} };
}

const noState = (path: string): BuddyError =>
  new BuddyError({
    code: "failed",
    message: `there is no state at ${path}`,
    about: { file: path },
    hint: "`buddyverse up` begins one; what stands already it finds by its tags.",
  });
