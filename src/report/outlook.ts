import { type ForeseenVisit, secondsIn } from "../engine/forecast.ts";
import { about, clockMinute, duration, roughly } from "../lib/duration.ts";
import { oneLine, truncate, widthOf } from "../lib/text.ts";
import { type Item, type Progress, underWay } from "./progress.ts";

/** The clock on the wall: milliseconds since 1970, and how many times faster the run's clock goes. */
export interface Wall {
  readonly now: number;
  readonly speed: number;
}

/** How many objects a run has something to do with, how many of them are as they shall be, and how many came to nothing. */
export interface Tally {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

/** How much of a run is still to come. */
export interface Outlook {
  readonly leftMs: number;
  /** What the end waits for, in its order: the longest chain of what is under way and to come. */
  readonly chain: readonly Item[];
}

const STOPPED: ReadonlySet<Item["outcome"]> = new Set(["failed", "blocked", "skipped", "interrupted"]);
const PREPARING: ReadonlySet<Item["action"]> = new Set(["copy", "stop", "unprotect"]);

/** What was touched counts too: a run may find more to do than was foreseen. */
export function tallyOf({ items, foreseen, forecast }: Progress): Tally {
  let [done, failed, total] = [0, 0, 0];
  for (const { key, phase, outcome, visited, spans } of items.values()) {
    const visits = (foreseen.get(key) ?? []).filter(({ seconds }) => seconds > 0).length;
    if (forecast && visits === 0 && spans.length === 0 && phase !== "working") continue;
    total++;
    if (phase !== "settled") continue;
    if (outcome === "failed") failed++;
    else if (!STOPPED.has(outcome) && visited >= visits) done++;
  }
  const unseen = [...foreseen].filter(([key, visits]) => !items.has(key) && visits.some(({ seconds }) => seconds > 0));
  return { done, failed, total: total + unseen.length };
}

/** Undefined where nobody knows how long it takes. @param now the run's clock, milliseconds */
function outlookOf(state: Progress, now: number): Outlook | undefined {
  const { forecast, items, began } = state;
  if (!forecast) return undefined;
  const byId = new Map(forecast.visits.map((visit) => [visit.id, visit]));
  const known = new Map<string, Outlook>();
  const NOTHING: Outlook = { leftMs: 0, chain: [] };

  function until(visit: ForeseenVisit): Outlook {
    const found = known.get(visit.id);
    if (found) return found;
    // An order that closes a circle ends here.
    known.set(visit.id, NOTHING);
    const before = visit.after.flatMap((id) => byId.get(id) ?? []).map(until);
    const longest = before.reduce(later, NOTHING);
    const item = items.get(visit.key);
    const leftMs = leftOf(state, visit, now);
    const shown = item && (leftMs > 0 || isUnderWay(state, visit, item));
    const whole = { leftMs: longest.leftMs + leftMs, chain: shown ? [...longest.chain, item] : longest.chain };
    known.set(visit.id, whole);
    return whole;
  }

  const { leftMs, chain } = forecast.visits.map(until).reduce(later, NOTHING);
  const walks = [...items.values()].some(({ phase, action }) => phase !== "idle" && !PREPARING.has(action));
  const beforehand = walks ? 0 : Math.max(0, forecast.beforehandSeconds * 1_000 - (now - began));
  const [first] = walks ? [] : underWay(state, now);
  return { leftMs: leftMs + beforehand, chain: first ? [first, ...chain] : chain };
}

/** Of two that end together the one of which something is at work. */
const later = (one: Outlook, other: Outlook): Outlook => {
  if (one.leftMs !== other.leftMs) return one.leftMs > other.leftMs ? one : other;
  return one.chain.length >= other.chain.length ? one : other;
};

const isUnderWay = ({ foreseen }: Progress, visit: ForeseenVisit, { phase, visited, action }: Item): boolean =>
  phase === "working" && !PREPARING.has(action) && foreseen.get(visit.key)?.[visited]?.id === visit.id;

function leftOf(state: Progress, visit: ForeseenVisit, now: number): number {
  const { items, foreseen } = state;
  const whole = visit.seconds * 1_000;
  const rest = ({ began = now }: Item) => Math.max(0, whole - (now - began));
  const item = items.get(visit.key);
  if (visit.part === "former") {
    const former = [...items.values()].filter(({ key }) => key.startsWith(`${visit.key}#`));
    const working = former.find(({ phase }) => phase === "working");
    if (working) return rest(working);
    const ended = former.length > 0 || (item?.phase === "settled" && item.outcome !== "replaced");
    return ended ? 0 : whole;
  }
  if (!item) return whole;
  if (item.phase === "settled" && STOPPED.has(item.outcome)) return 0;
  const turn = foreseen.get(visit.key)?.indexOf(visit) ?? 0;
  if (item.visited > turn) return 0;
  return isUnderWay(state, visit, item) ? rest(item) : whole;
}

/** "31 of 64 · 8m44s of ~16m · done about 13:42 · waits for database1": as much of it as there is room for. */
export function outlookLine(state: Progress, now: number, width: number, wall?: Wall): string {
  const { done, failed, total } = tallyOf(state);
  const outlook = outlookOf(state, now);
  const count = [`${done} of ${total}`, ...(failed > 0 ? [`${failed} failed`] : [])];
  const time = timeText(now - state.began, outlook, state);
  const ends = outlook && wall ? endText(outlook.leftMs, wall) : [];
  const names = [...new Set((outlook?.chain ?? []).map(({ name }) => oneLine(name)))];
  const waits = [2, 1].map((most) => (names.length === 0 ? [] : [`waits for ${names.slice(0, most).join(", then ")}`]));
  const lines = [
    ...waits.map((one) => [...count, time, ...ends, ...one]),
    [...count, time, ...ends],
    [...count, time],
  ].map((parts) => parts.join(" · "));
  return lines.find((line) => widthOf(line) <= width) ?? truncate(lines.at(-1) ?? "", width);
}

/** "8m44s of ~16m". */
function timeText(ms: number, outlook: Outlook | undefined, { forecast }: Progress): string {
  if (!outlook || !forecast || (outlook.leftMs === 0 && outlook.chain.length === 0)) return duration(ms);
  // All that is under way has taken longer than it usually does.
  if (outlook.leftMs === 0) return `${duration(ms)} of ${roughly(secondsIn(forecast))}, late`;
  return `${duration(ms)} of ${roughly((ms + outlook.leftMs) / 1_000)}`;
}

/** "done about 13:42", by the clock on the wall; nothing where nobody can know. */
export const endText = (leftMs: number, { now, speed }: Wall): readonly string[] =>
  leftMs > 0 && Number.isFinite(speed) ? [`done about ${clockMinute(now + leftMs / speed)}`] : [];

/** "about 7 min left, done about 13:31"; undefined where nobody knows. */
export function leftText(state: Progress, now: number, wall: Wall): string | undefined {
  const outlook = outlookOf(state, now);
  if (!outlook || outlook.leftMs === 0) return undefined;
  return [`about ${about(outlook.leftMs / 1_000)} left`, ...endText(outlook.leftMs, wall)].join(", ");
}
