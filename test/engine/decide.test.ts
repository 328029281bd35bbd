import { expect, test } from "vitest";
import { decide, type Situation, VISIBLE_WITHIN_MS } from "../../src/engine/decide.ts";

const NOW = 1_000_000;
const recorded = (status: "creating" | "created" | "ready" | "deleting", age: number) => ({
  type: "t",
  name: "n",
  status,
  since: NOW - age,
  token: "x",
  spec: {},
  needs: [],
});
const at = (situation: Partial<Situation>): string =>
  decide({
    health: "ready",
    wanted: true,
    recorded: undefined,
    differences: [],
    now: NOW,
    tried: false,
    holdsData: false,
    overwritten: undefined,
    claimed: true,
    mayBeOthers: false,
    kept: undefined,
    deleteWouldShow: false,
    mayChange: false,
    ...situation,
  }).kind;
const difference = (replaces: boolean) => ({ field: "f", wanted: 1, found: 2, replaces });

test.each<[string, Partial<Situation>, string]>([
  ["absent, not wanted", { health: "absent", wanted: false }, "none"],
  ["absent, wanted", { health: "absent" }, "create"],
  ["absent, being created a short while ago", { health: "absent", recorded: recorded("creating", 1_000) }, "wait"],
  ["absent, made a short while ago", { health: "absent", recorded: recorded("created", 1_000) }, "wait"],
  [
    "absent, being created too long ago",
    { health: "absent", recorded: recorded("creating", VISIBLE_WITHIN_MS) },
    "create",
  ],
  ["absent, was ready", { health: "absent", recorded: recorded("ready", 1_000) }, "create"],
  [
    "absent, not wanted, being created a short while ago",
    { health: "absent", wanted: false, recorded: recorded("creating", 1_000) },
    "wait",
  ],
  ["not wanted, claimed, holds data", { wanted: false, holdsData: true }, "delete"],
  ["claimed by nobody, holds data", { wanted: false, claimed: false, holdsData: true }, "retain"],
  [
    "claimed by nobody, holds data, failed",
    { health: { failed: "why" }, wanted: false, claimed: false, holdsData: true },
    "retain",
  ],
  [
    "claimed by nobody, holds data, deleting",
    { health: "deleting", wanted: false, claimed: false, holdsData: true },
    "wait",
  ],
  ["claimed by nobody, holds no data", { wanted: false, claimed: false }, "delete"],
  ["deleting, wanted", { health: "deleting" }, "wait"],
  ["deleting, not wanted", { health: "deleting", wanted: false }, "wait"],
  ["pending, wanted", { health: "pending", differences: [difference(false)] }, "wait"],
  [
    "pending, wanted, and it may be changed meanwhile",
    { health: "pending", mayChange: true, differences: [difference(false)] },
    "update",
  ],
  ["pending, and it may be changed, but nothing differs", { health: "pending", mayChange: true }, "wait"],
  [
    "pending, and it may be changed, but not in place",
    { health: "pending", mayChange: true, differences: [difference(true)] },
    "wait",
  ],
  [
    "blocked, wanted, and a change may mend it",
    { health: { blocked: "a person" }, mayChange: true, differences: [difference(false)] },
    "update",
  ],
  ["pending, not wanted", { health: "pending", wanted: false }, "delete"],
  ["failed before this run", { health: { failed: "why" } }, "replace"],
  ["failed in this run", { health: { failed: "why" }, tried: true }, "failed"],
  ["failed, holds data", { health: { failed: "why" }, holdsData: true }, "failed"],
  ["failed, not wanted", { health: { failed: "why" }, wanted: false }, "delete"],
  ["blocked", { health: { blocked: "why" } }, "blocked"],
  ["ready, as wanted", {}, "none"],
  ["ready, written over by somebody else", { overwritten: "it is second" }, "accept"],
  ["ready, differs", { differences: [difference(false)] }, "update"],
  ["ready, differs in what cannot change", { differences: [difference(false), difference(true)] }, "replace"],
])("%s: %s → %s", (_name, situation, kind) => {
  expect(at(situation)).toBe(kind);
});
