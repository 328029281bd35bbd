import { isRead } from "../../aws/safety.ts";
import type { World } from "../world.ts";
import { activitiesIn, thingsIn } from "./overview.ts";

/** Something that has happened in the served world. */
export interface Happening {
  /** Counts up by one: what came after a known one is asked for by it. */
  readonly number: number;
  /** In the sandbox's time. */
  readonly time: string;
  /** Who did it: a client by its call, or AWS. */
  readonly by: "client" | "AWS";
  readonly about: string;
  readonly what: string;
  /** AWS's own reason, where it says one. */
  readonly why: string;
}

export interface Timeline {
  /** Looks what has changed since it looked last. */
  look(now: number): void;
  /** A client has called this. */
  called(service: string, operation: string, answer: object, now: number): void;
  after(number: number): readonly Happening[];
}

/** The newest that are kept. */
const KEPT = 2_000;

/** Keeps what happens in a world, from how AWS describes it from one moment to the next. */
export function timelineOf(world: World, now: number): Timeline {
  const happenings: Happening[] = [];
  let count = 0;
  let before = new Map(thingsIn(world, now).map((thing) => [key(thing), thing]));
  const told = new Set(activitiesIn(world, now).map(({ id }) => id));

  const add = (at: number, by: Happening["by"], about: string, what: string, why = "") => {
    happenings.push({ number: ++count, time: new Date(at).toISOString(), by, about, what, why });
    if (happenings.length > KEPT) happenings.shift();
  };

  return {
    look(at) {
      const after = new Map(thingsIn(world, at).map((thing) => [key(thing), thing]));
      for (const [id, thing] of after) {
        const earlier = before.get(id);
        if (earlier?.state !== thing.state)
          add(at, "AWS", label(thing), earlier ? `${earlier.state} → ${thing.state}` : thing.state, thing.detail);
      }
      for (const [id, thing] of before) if (!after.has(id)) add(at, "AWS", label(thing), `${thing.state} → gone`);
      before = after;
      for (const one of activitiesIn(world, at)) {
        if (told.has(one.id)) continue;
        told.add(one.id);
        add(one.at, "AWS", `group ${one.about}`, one.what, one.why);
      }
    },
    called(service, operation, answer, at) {
      if (!isRead(operation)) add(at, "client", service, operation, idsIn(answer));
    },
    after: (number) => happenings.filter((one) => one.number > number),
  };
}

const key = ({ kind, id }: { kind: string; id: string }) => `${kind} ${id}`;
const label = ({ kind, id, name }: { kind: string; id: string; name: string }) =>
  name === "" ? `${kind} ${id}` : `${kind} ${name} (${id})`;

/** The names of what a call has made: the ids and ARNs at the top of its answer. */
function idsIn(answer: object): string {
  const found: string[] = [];
  const look = (value: unknown, depth: number): void => {
    if (depth > 2 || typeof value !== "object" || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (typeof inner === "string" && /(Id|Arn|Identifier)$/.test(name) && found.length < 1) found.push(inner);
      else look(inner, depth + 1);
    }
  };
  look(answer, 0);
  return found.join(", ");
}
