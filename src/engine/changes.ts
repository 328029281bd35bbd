import { AmbiguousOutcome, saysTokenUsed } from "../aws/errors.ts";
import { configTags } from "../aws/owned.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Recorded } from "../state/state.ts";
import { isDefinitelyRefused } from "./attempt.ts";
import { type Difference, obsoleteTags, showable } from "./differences.ts";
import { ownerOf, reinstate } from "./former.ts";
import { aboutNode, type Node } from "./graph.ts";
import { discardsData } from "./observe.ts";
import { record, recordIntent } from "./record.ts";
import type { AnyType, Identified, Tags } from "./resource.ts";
import { updatePauseMs } from "./schedule.ts";
import { type Work, wantedNow } from "./work.ts";

/** What is gone sooner than that is looked for as soon as reads show it. */
const SHOWS_AT_ONCE_SECONDS = 5;
/** Repeats of an update that AWS accepted but that never shows, and how long each may take to show, milliseconds. */
const UPDATES = 3;
const UPDATE_SHOWS_WITHIN_MS = 60_000;

/** Sends the create call: the intent is recorded before it and the id right after it. */
export async function create(
  work: Work,
  call: NonNullable<AnyType["create"]>,
  recorded: Recorded | undefined,
): Promise<void> {
  const { run, node } = work;
  const spec = work.wanted as object;
  work.begin(work.outcome === "replaced" ? "replace" : "create");
  // A token is used again only for an attempt whose outcome is not known: after an id came back and its object is gone, AWS
  // would answer a repeat with the dead object.
  const again = recorded?.status === "creating" && recorded.id === undefined;
  const token = again ? recorded.token : run.token();
  recordIntent(run, node, spec, token);
  work.tried = true;
  work.waited();
  const done = await work.attempt("create", undefined, async () => {
    try {
      record(run, node, { id: await call(run.aws, spec, ownerOf(run, node), token), status: "created" });
    } catch (error) {
      keepIntent(work, error);
      throw error;
    }
  });
  if (!done) return;
  if (work.outcome !== "replaced") work.outcome = "created";
  work.waited();
  await work.untilShown();
}

/** What a create call that failed leaves recorded. */
function keepIntent({ run, node }: Work, error: unknown): void {
  // Not AWS's answer, which came, but a record of it that failed: what is on disk still says that it may be there.
  if (error instanceof BuddyError && error.code === "state") return;
  if (saysTokenUsed(error)) record(run, node, { token: run.token(), status: "creating" });
  // Forget the intent, so that the next attempt is a new one.
  else if (isDefinitelyRefused(error)) {
    if (!reinstate(run, node)) run.store.drop(node.key);
  }
  // Safe to repeat (a token, or a name that AWS knows): no need to wait until it could have shown.
  else if (!(error instanceof AmbiguousOutcome)) record(run, node, { status: "creating", since: 0 });
}

/** Sends an update, unless one that AWS accepted just does not show yet. */
export async function update(
  work: Work,
  live: Identified,
  differences: readonly Difference[],
  recorded: Recorded | undefined,
): Promise<void> {
  const { run, node, updated } = work;
  const why = work.pending && node.type.undone?.(work.pending, live, work.wanted as object);
  if (why) {
    const reason = work.gaveUp ?? (await node.type.whyUndone?.(run.aws, live, work.started));
    throw undone(node, live, why, reason);
  }
  const fields = differences.map((difference) => JSON.stringify(difference));
  const times = updated && isSame(work, updated.fields, fields) ? updated.times : 0;
  const said = updated !== undefined && differences.every(({ field }) => node.type.once?.includes(field));
  // Reads may lag; or it shows, and is not what was said.
  if (said && (times === 0 || run.clock.now() - updated.at >= UPDATE_SHOWS_WITHIN_MS))
    return recordSaid(work, differences);
  if (updated && times > 0) {
    // Reads lag behind writes: look again before it is sent again.
    const elapsed = run.clock.now() - updated.at;
    work.notShown();
    if (elapsed < UPDATE_SHOWS_WITHIN_MS) return work.sleep(updatePauseMs(elapsed));
    if (times >= UPDATES) throw didNotTake(node, live, differences);
  }
  work.begin(work.tried ? "create" : "update", live.id, { fields: differences.map(({ field }) => field) });
  const { update: call } = node.type;
  if (!call) throw cannotClose(node, differences);
  const changed = new Set(differences.map(({ field }) => field));
  if (recorded?.id !== live.id) record(run, node, { id: live.id, status: "created" });
  const given = configTags(node.owner.tags);
  const recordTags = (tags: Tags) => changed.has("tags") && record(run, node, { id: live.id, status: "created", tags });
  // Before the call: a run that ends with it must not forget what it may have set, nor what it has yet to take away.
  if (live.tags) recordTags({ ...recorded?.tags, ...given });
  const owner = { ...node.owner, obsoleteTags: obsoleteTags(differences) };
  const spec = wantedNow(work, live);
  let prepared = true;
  const done = await work.attempt("update", live, async () => {
    prepared = (await node.type.prepare?.(run.aws, live, spec, changed, owner, dayOf(work.started))) ?? true;
    if (prepared) await call(run.aws, live, spec, changed, owner);
  });
  if (!done) return;
  if (!prepared) return work.waitFor("without the copy that is made first", 60, work.timing.timeoutSeconds, live);
  // No look will tell of them.
  if (!live.tags) recordTags(given);
  work.updated = { fields: times > 0 && updated ? updated.fields : fields, at: run.clock.now(), times: times + 1 };
  if (work.outcome === "unchanged") work.outcome = "updated";
  work.waited();
  await work.untilShown();
}

/** It was said, and something else has come of it meanwhile, which is no difference any more. */
function recordSaid({ run, node }: Work, said: readonly Difference[]): void {
  const { id, status, spec } = run.store.get(node.key) as Recorded;
  record(run, node, {
    id,
    status,
    spec: { ...spec, ...Object.fromEntries(said.map((one) => [one.field, one.wanted])) },
  });
}

/** What cannot come right is not waited for: what it was before is put back, and its end is told as a failure then. */
export async function giveUpHopeless(work: Work, live: Identified): Promise<void> {
  const { run, node } = work;
  const why = work.wanted && node.type.hopeless?.(live);
  if (!why || work.gaveUp !== undefined) return;
  work.begin("wait", live.id);
  work.note(`given up: ${why}`);
  await work.attempt("update", live, async () => {
    const more = await node.type.giveUp?.(run.aws, live, work.pending);
    work.gaveUp = [why, more].filter(Boolean).join("; ");
  });
}

/** Sends the delete call. Answers true when what is there stays on purpose. */
export async function remove(
  work: Work,
  call: NonNullable<AnyType["delete"]>,
  live: Identified,
  recorded: Recorded | undefined,
): Promise<boolean> {
  const { run, node, timing } = work;
  work.begin(work.replacing ? "replace" : "delete", live.id);
  const sent = Math.round(run.clock.now());
  const since = recorded?.status === "deleting" ? recorded.since : sent;
  record(run, node, { id: live.id, status: "deleting", since, sent });
  const label = String(since);
  const done = await work
    .attempt("delete", live, async () => {
      const discardData = discardsData(run, node.type, live, recorded);
      work.leaves = (await call(run.aws, live, { discardData, label })) || work.leaves;
    })
    .catch((error) => {
      // It stays for certain: with the config put back there is nothing to wait for, and nothing to make.
      const why = error instanceof BuddyError ? error.cause : error;
      if (!work.deleteAccepted && why !== undefined && isDefinitelyRefused(why))
        record(run, node, { id: live.id, status: "created" });
      throw error;
    });
  if (!done) return false;
  const again = work.deleteAccepted;
  work.deleteAccepted = true;
  // It stays: others need it, or AWS removes it by itself later.
  if (work.leaves === live.id) return true;
  if (!work.replacing) work.outcome = "deleted";
  const usual = timing.deleteSeconds ?? Math.min(timing.createSeconds, 3);
  if (again) work.notShown();
  else if (usual < SHOWS_AT_ONCE_SECONDS) {
    await work.untilShown();
    return false;
  }
  await work.waitFor("being deleted", usual, timing.timeoutSeconds, live);
  return false;
}

const cannotClose = (node: Node, differences: readonly Difference[]): BuddyError =>
  new BuddyError({
    code: "internal",
    message: `${node.type.name} has a difference that it cannot close: ${differences.map(({ field }) => field).join(", ")}`,
  });

const undone = (node: Node, live: Identified, what: string, why: string | undefined): BuddyError =>
  new BuddyError({
    code: "failed",
    message: `${node.type.name} ${live.id} is as it was before: ${what}${why === undefined ? "" : `: ${why}`}`,
    about: aboutNode(node, live.id),
    hint: "Mend the cause; `buddyverse up` tries it again.",
  });

/** Whether what is left is what was sent. Where a change takes its time, some of it shows at once and the rest in the end. */
const isSame = ({ node }: Work, sent: readonly string[], left: readonly string[]): boolean =>
  left.every((one) => sent.includes(one)) && (sent.length === left.length || node.type.undone !== undefined);

/** "20261128", in UTC. */
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");

function didNotTake(node: Node, live: Identified, left: readonly Difference[]): BuddyError {
  const show = (value: unknown) => JSON.stringify(value) ?? "nothing";
  const fields = showable(node.type, left).map(
    ({ field, found, wanted }) => `${field} is ${show(found)}, wanted ${show(wanted)}`,
  );
  return new BuddyError({
    code: "failed",
    message: `${node.type.name} ${live.id}: AWS accepted the change but it does not show: ${fields.join("; ")}`,
    about: aboutNode(node, live.id),
    hint: "Somebody else may be changing it at the same time. Run `buddyverse status` to see how it stands.",
  });
}
