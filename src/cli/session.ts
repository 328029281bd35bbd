import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { stepsFor } from "../../steps/index.ts";
import { asItStands } from "../../steps/zones.ts";
import type { Aws } from "../aws/aws.ts";
import { clockWords, isFarOff } from "../aws/clock.ts";
import { connect } from "../aws/connect.ts";
import { loadAhead } from "../aws/load-ahead.ts";
import { runLock } from "../aws/logs/run-lock.ts";
import { types } from "../aws/services.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { PriceTable } from "../cost/price-table.ts";
import type { Emit } from "../engine/events.ts";
import { patiently } from "../engine/observe.ts";
import { openStack, type Stack } from "../engine/stack.ts";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import { once } from "../lib/once.ts";
import type { Timeline } from "../report/timeline/model.ts";
import type { Served } from "../sandbox/http/client.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { type Holder, ourselves } from "../state/holder.ts";
import { takeLock } from "../state/lock.ts";
import { type LockPlace, type StackLock, takeStackLock } from "../state/stack-lock.ts";
import type { RecordedApplication, StackState } from "../state/state.ts";
import {
  checkIdentity,
  checkRegion,
  openStore,
  readOnlyStore,
  readState,
  type StackIdentity,
  type StateStore,
  type StateText,
} from "../state/store.ts";
import { type Application, applicationAnywhere, NONE, recordedApplication, throwUnfit } from "./application.ts";
import { askForCode, canAsk } from "./ask.ts";
import { backendFor, type Closing } from "./backend.ts";
import { type MutableInputs, readInputs } from "./inputs.ts";
import { beforeAnyChange, onInterrupt } from "./interrupt.ts";
import type { CommonOptions } from "./options.ts";
import { tell } from "./output.ts";
import { configOf, isOfDefaults, type Paths, pathsOf } from "./paths.ts";
import { pricesIn } from "./prices.ts";
import { measuredBefore, type RunRecorder, recordRun } from "./run-recorder.ts";
import { localTexts, type OpenedShared, openSharedAt, type SharedPlace, sharedPlaceOf } from "./state-place.ts";
import { tracing } from "./trace.ts";

/** Everything that one command works with. The one place where the parts of the program are put together. */
export interface Session {
  readonly options: CommonOptions;
  readonly paths: Paths;
  readonly config: Config;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly stack: Stack;
  /** The same stack with other inputs, as one whose primary has changed. @param replace as of `up --replace` */
  stackWith(changed: Partial<MutableInputs>, replace?: boolean): Stack;
  /** The embedded AWS, in this process; undefined on AWS itself. */
  readonly sandbox: Sandbox | undefined;
  /** The embedded AWS, in another process. */
  readonly served: Served | undefined;
  readonly inputs: MutableInputs;
  readonly application: Application;
  /** What the stack's region costs, as far as it is known here. Read when first asked for: throws on a bad price file. */
  readonly prices: PriceTable;
  /** How many times faster than the wall its clock goes; undefined on AWS. */
  readonly sandboxSpeed: number | "max" | undefined;
  /** Aborts at the first Ctrl-C. The run's own signal does too, unless the command puts things back. */
  readonly interrupted: AbortSignal;
  /** A call that changes something was sent. */
  readonly changed: boolean;
  /**
   * For who looked before the stack's lock was taken (`looksFirst`): takes it, or, where nothing is to be done, only if somebody has it.
   * True: it was taken only now, so what was read before may be outdated, and `stack` is a new one. Throws `locked` while another run holds it.
   */
  lock(needed: boolean): Promise<boolean>;
  /** Keeps the run in the history; undefined: the command only looks, or puts back what it changes. */
  readonly history: RunRecorder | undefined;
  /** Where events go; set by the command before it starts to work. */
  listen(emit: Emit): void;
  close(): Promise<void>;
}

/** The clock's speed as the views want it: undefined on AWS, Infinity for a sandbox that does not wait. */
export const speedOf = ({ sandboxSpeed }: Session): number | undefined =>
  sandboxSpeed === "max" ? Number.POSITIVE_INFINITY : sandboxSpeed;

export interface SessionOptions {
  readonly command: string;
  /** It changes things: takes the lock, and writes state. */
  readonly writes: boolean;
  /** It may find that there is nothing to do: of a stack that its state says is whole it takes the lock only once it has found something. */
  readonly looksFirst?: boolean;
  /** "my-ip" means the address of now, or that where it can be found; else the one that was recorded, if any. */
  readonly resolvesAddress: boolean | "if-found";
  /** It brings the application about, or tells how: what keeps that from running refuses it, before anything is sent. */
  readonly deploys?: boolean;
  readonly discardData?: boolean;
  /** `down --discard-files`. */
  readonly discardFiles?: boolean;
  /** `down --unprotect`. */
  readonly unprotect?: boolean;
  /** `down --delete-zone`. */
  readonly deleteKept?: boolean;
  /** `up --replace`. */
  readonly replace?: boolean;
  /** `--refresh-image`: a new web image of the same content is wanted. */
  readonly refreshImage?: boolean;
  /** The new image of a plan that was saved. */
  readonly edition?: string | undefined;
  /** What interrupts the use of an object may be done, or is only shown. */
  readonly allowOutage?: boolean;
  /** `up --upgrade`: names of objects. */
  readonly upgrade?: readonly string[];
  /** It has nothing to do with what stands: the state on AWS, maybe of another region, is not read. */
  readonly stateless?: boolean;
  /** `--timeline`: gets what was done when. */
  readonly drawTimeline?: ((timeline: Timeline) => void) | undefined;
  /** Ctrl-C ends it early, but it puts back first what it changed: calls still go out. */
  readonly putsBack?: boolean;
  /** Outside of `inSteps` it changes nothing: what it sends there, as a script that looks, is no change. */
  readonly inSteps?: boolean;
}

/** Opens a session for what a command does, and closes it however that ends. */
export async function withSession<T>(
  options: CommonOptions,
  purpose: SessionOptions,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await open(options, purpose);
  try {
    const answer = await act(session);
    session.history?.ended({ code: typeof answer === "number" ? answer : 0 });
    return answer;
  } catch (thrown) {
    const error = purpose.writes && (purpose.inSteps || !session.changed) ? beforeAnyChange(thrown) : thrown;
    session.history?.ended({ error });
    throw error;
  } finally {
    await session.close();
  }
}

export async function open(options: CommonOptions, purpose: SessionOptions): Promise<Session> {
  const closing: Closing = [];
  try {
    return await opened(options, purpose, closing);
  } catch (error) {
    await closeAll(closing);
    throw purpose.writes ? beforeAnyChange(error) : error;
  }
}

/** Puts the parts together. @param closing what is to be undone in the end, the last first */
async function opened(options: CommonOptions, purpose: SessionOptions, closing: Closing): Promise<Session> {
  const paths = pathsOf(options);
  const given = configOf(options);
  const token = randomBytes(4).toString("hex");
  const mine = ourselves(purpose.command, token, new Date());
  const takenFrom = purpose.writes ? lockFiles(paths, mine, closing) : undefined;
  const backend = await backendFor(options, paths, given, purpose, closing);
  const place = purpose.stateless ? undefined : sharedPlaceOf(options, given);
  // A bad state file stops here, before anything is sent.
  const local = place ? undefined : checked(backend.text, given);

  const interrupt = onInterrupt(purpose.putsBack);
  closing.push(interrupt.stop);
  // When the first of many reads fails, the others would ride out their trouble after the command's last word.
  const ended = new AbortController();
  closing.push(() => ended.abort());
  const signal = purpose.putsBack ? ended.signal : AbortSignal.any([interrupt.signal, ended.signal]);
  const { clock } = backend;
  const first = firstListener(options, purpose);
  let listener = first;
  // Through the reporter, as a live view would draw over it. With --json none shows it, with --json-lines on stdout only.
  const note = (text: string) => {
    if (options.json || (options.jsonLines && listener !== first)) tell(text);
    if (!options.json) listener({ type: "run.note", at: clock.now(), note: text });
  };
  if (isOfDefaults(options)) note(`There is no ${paths.config}: this is a rehearsal of the defaults.`);
  if (options.region !== undefined && !isOfDefaults(options) && loadConfig(paths.config).region !== given.region)
    note(`In ${given.region} the zones are ${given.zones.join(", ")}.`);
  if (paths.insteadOf !== undefined && purpose.writes && !place)
    note(
      `Goes on with ${paths.state}, which is of the same stack: there is no ${basename(paths.insteadOf)}, as ${paths.config} would have it.`,
    );
  const traced = options.trace ? tracing(options.trace, note) : undefined;
  interrupt.onFirst(() => listener({ type: "run.interrupting", at: clock.now() }));
  let history: RunRecorder | undefined;
  let held: StackLock | undefined;
  let guard = async () => {};
  let changed = false;
  const connected = once(async () => {
    // While AWS says who is calling, and whose turn it is.
    const waiting = new AbortController();
    const recorded = Object.values(local?.resources ?? {}).map(({ type }) => type);
    loadAhead(backend.wire ? [] : recorded, waiting.signal).catch(() => {});
    try {
      return await connection();
    } finally {
      waiting.abort();
    }
  });
  async function connection() {
    const aws = await connect({
      region: given.region,
      clock,
      network: backend.network,
      profile: options.profile,
      signal,
      wire: backend.wire,
      endpoint: backend.served,
      concurrency: options.concurrency,
      onCall: (call) => {
        traced?.(call);
        history?.call(call);
      },
      onBookkeeping: traced,
      async beforeChange() {
        await guard();
        changed = true;
      },
      onTrouble: (text) => ended.signal.aborted || note(text),
      mfaCode: canAsk() ? (serial, profile) => askForCode(serial, profile, interrupt.signal) : undefined,
    });
    const ahead = aws.clockAhead();
    if (ahead !== undefined && isFarOff(ahead) && purpose.command !== "doctor")
      note(`Note: ${clockWords(ahead)}. Requests are signed with AWS's time; set the clock (NTP).`);
    // Nor is another stack's lock taken.
    if (local) checkIdentity(local, identityOf(given, aws), backend.text.path);
    const lock = runLock(aws, given.stack);
    // What others may write meanwhile is read under the lock.
    if (purpose.writes && !(purpose.looksFirst && local && isWhole(local))) await taken(lock);
    // While the stack is looked at.
    const holder = purpose.writes && !held ? patient(() => lock.read()) : undefined;
    // It is not awaited where something else fails before.
    holder?.catch(() => {});
    return { aws, lock, holder };
  }
  const patient = <T>(call: () => Promise<T>) => patiently({ clock, store: { failure: undefined }, signal }, call);
  async function taken(place: LockPlace): Promise<void> {
    const lock = await patient(() => takeStackLock(place, mine, { clock, signal, now: Date.now, notice: note }));
    closing.push(lock.release);
    held = lock;
    if (lock.takenFrom && lock.takenFrom.token !== takenFrom?.token) sayTakenOver(lock.takenFrom);
  }
  const { state: text, history: kept } = place
    ? await openShared((await connected()).aws, { place, paths, local: backend.text, purpose, note, closing })
    : localTexts(paths, backend.text);
  const known = checked(text, given);
  let caller = "";
  if (purpose.writes && !purpose.putsBack)
    history = recordRun(kept, {
      command: options.typed ?? purpose.command,
      version: options.programVersion ?? "",
      by: () => caller,
      clock,
      notice: note,
      drawTimeline: purpose.drawTimeline,
    });
  const measured = history?.measured ?? measuredBefore(kept);
  const application = await applicationFor(given, paths, purpose, { recorded: known?.application, note, signal });
  const { aws, lock, holder } = await connected();
  caller = aws.caller;
  const identity = identityOf(given, aws);
  const store: StateStore = purpose.writes
    ? openStore(text, identity, () => randomBytes(8).toString("hex"), place && token)
    : readOnlyStore(text, identity);
  guard = async () => {
    if (purpose.writes && !held)
      throw new BuddyError({ code: "internal", message: "a change would be sent without the stack's lock" });
    await held?.held();
    await store.secured();
  };
  const looksAtStack = purpose.command !== "doctor" && purpose.command !== "secret" && !purpose.stateless;
  const config = await patiently({ clock, store, signal }, () =>
    asItStands(given, looksAtStack ? aws : undefined, store.resources),
  );
  const inputsNow = () =>
    readInputs({
      config,
      paths,
      store,
      aws,
      clock,
      signal,
      resolvesAddress: purpose.resolvesAddress,
      note,
      application,
      looksAtStack,
      newEdition: purpose.edition ?? (purpose.refreshImage ? new Date(clock.now()).toISOString() : undefined),
    });
  const inputs = await inputsNow();
  const stackWith = (changed: Partial<MutableInputs> | undefined = undefined, replace = purpose.replace): Stack =>
    openStack({
      name: config.stack,
      tags: config.tags,
      steps: stepsFor(config, changed ? { ...inputs, ...changed } : inputs),
      types,
      aws,
      clock,
      store,
      emit: (event) => {
        history?.event(event);
        listener(event);
      },
      signal,
      token: () => randomBytes(16).toString("hex"),
      discardData: purpose.discardData,
      discardFiles: purpose.discardFiles,
      unprotect: purpose.unprotect,
      deleteKept: purpose.deleteKept,
      replace,
      allowOutage: purpose.allowOutage,
      upgrade: purpose.upgrade,
      measured,
    });
  let stack = stackWith();
  let prices: PriceTable | undefined;
  return {
    options,
    paths,
    config,
    aws,
    clock,
    inputs,
    application,
    get prices() {
      prices ??= pricesIn(paths.folder, config.region, options);
      return prices;
    },
    sandbox: backend.wire,
    served: backend.served,
    sandboxSpeed: backend.speed,
    get stack() {
      return stack;
    },
    stackWith,
    interrupted: interrupt.signal,
    get changed() {
      return changed;
    },
    async lock(needed) {
      if (held || !(needed || (await holder))) return false;
      await taken(lock);
      Object.assign(inputs, await inputsNow());
      stack = stackWith();
      return true;
    },
    history,
    listen(emit) {
      listener = emit;
    },
    close: () => closeAll(closing),
  };
}

/** All that it knows of is there, and a whole `up` has ended. */
const isWhole = ({ config, resources }: StackState): boolean =>
  config !== undefined && Object.values(resources).every(({ status }) => status === "ready");

/** The application that a command works with: as it lies there, or, where that cannot be or need not, as it was recorded. */
async function applicationFor(
  config: Config,
  paths: Paths,
  { deploys, command, refreshImage }: SessionOptions,
  around: {
    readonly recorded: RecordedApplication | undefined;
    readonly note: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<Application> {
  const { app } = config.image;
  const recorded = recordedApplication(config, around.recorded);
  if (app !== null && "git" in app && command !== "doctor") {
    // What a branch leads to now is of no concern before an image is made of it.
    if (!deploys || (recorded && !refreshImage)) return recorded ?? NONE;
  }
  try {
    const application = await applicationAnywhere(config, paths, around.signal);
    if (deploys) throwUnfit(application, paths.config);
    return application;
  } catch (error) {
    if (deploys || !(error instanceof BuddyError) || error.code !== "config") throw error;
    const { message, hint, about } = error;
    // What is gone from this machine is no reason to leave something behind on AWS, or not to look at it.
    if (command !== "doctor" && command !== "down" && command !== "secret")
      around.note(`${message}. Goes by what \`up\` last sent of it.`);
    return { ...(recorded ?? NONE), problems: [{ path: about?.path ?? "", message, hint }] };
  }
}

/** Takes the lock of the files that a run writes. Answers the dead holder that it was taken over from. */
function lockFiles({ lock: file }: Paths, { command, token, since }: Holder, closing: Closing): Holder | undefined {
  const { release, takenFrom } = takeLock(file, command, token, new Date(since));
  closing.push(release);
  if (takenFrom) sayTakenOver(takenFrom);
  return takenFrom;
}

const sayTakenOver = ({ command, pid }: Holder): void =>
  tell(`Took over the lock of "${command}" (pid ${pid}), which died at its work.`);

/** The state, of the wanted region. */
function checked(text: Pick<StateText, "path" | "read">, { region }: Config): StackState | undefined {
  const known = readState(text);
  if (known) checkRegion(known.region, region, text.path);
  return known;
}

/** Opens the shared state, and sends the rest of it in the end. */
async function openShared(
  aws: Aws,
  {
    place,
    paths,
    local,
    purpose,
    note,
    closing,
  }: {
    readonly place: SharedPlace;
    readonly paths: Paths;
    readonly local: StateText;
    readonly purpose: SessionOptions;
    readonly note: (text: string) => void;
    readonly closing: Closing;
  },
): Promise<OpenedShared> {
  const opened = await openSharedAt(aws, place, paths, local);
  const { state, history } = opened;
  if (!purpose.writes) return opened;
  if (state.outdated)
    note(`Others have written ${state.path} since a run of this folder could not: what it kept here is left out.`);
  closing.push(async () => {
    await history.sent().catch((error: Error) => note(`This run is not kept in the history: ${error.message}`));
    await state.settle();
  });
  return opened;
}

const identityOf = ({ stack }: Config, { account, region }: Aws): StackIdentity => ({ stack, account, region });

/** Where events go until a command shows them itself. */
const firstListener =
  ({ json, jsonLines }: CommonOptions, { putsBack }: SessionOptions): Emit =>
  (event) => {
    if (event.type === "run.note") tell(event.note);
    if (event.type === "run.interrupting" && !json && !jsonLines)
      tell(
        putsBack
          ? "Interrupting: puts everything back first. Ctrl-C again leaves at once."
          : "Interrupting: the calls that are under way are finished.",
      );
  };

/** Closes all, the last first: a sandbox that could not be written does not keep the lock. Throws the first failure. */
async function closeAll(closing: Closing): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closing.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
