import { expect, test } from "vitest";
import { callerName, descriptionOf, type LetIn, letIn } from "../../steps/let-in.ts";

const ALICE = { caller: "user/alice", cidr: "203.0.113.1/32" };
const CI = { caller: "assumed-role/deploy/run", cidr: "203.0.113.2/32" };
const OFFICE = "198.51.100.0/24";
/** Runs one after the other, each with what the one before left. */
const after = (given: readonly string[], ...callers: readonly (typeof ALICE | undefined)[]): readonly LetIn[] =>
  callers.reduce<readonly LetIn[]>(
    (before, mine) =>
      letIn(
        given,
        before.map((one) => ({ cidr: one.cidr, description: descriptionOf(one) })),
        mine,
      ),
    [],
  );
const cidrs = (ranges: readonly LetIn[]) => ranges.map(({ cidr }) => cidr);

test("my-ip adds the caller's address, and takes nobody else's away", () => {
  expect(cidrs(after(["my-ip", OFFICE], ALICE, CI))).toEqual([OFFICE, ALICE.cidr, CI.cidr]);
});

test("a caller who has moved has one address, the new one", () => {
  const moved = { ...ALICE, cidr: "192.0.2.9/32" };
  expect(cidrs(after(["my-ip"], ALICE, CI, moved))).toEqual([CI.cidr, moved.cidr]);
});

test("two behind one address: it stays until both have left", () => {
  const near = { ...CI, cidr: ALICE.cidr };
  const both = after(["my-ip"], ALICE, near);
  expect(both).toEqual([{ cidr: ALICE.cidr, callers: [ALICE.caller, CI.caller] }]);
  expect(cidrs(after(["my-ip"], ALICE, near, CI))).toEqual([ALICE.cidr, CI.cidr]);
  expect(cidrs(after(["my-ip"], ALICE, near, CI, { ...ALICE, cidr: "192.0.2.9/32" }))).toEqual([
    CI.cidr,
    "192.0.2.9/32",
  ]);
});

test("who only looks changes nothing; what the config names is nobody's; without my-ip all go but what is named", () => {
  expect(cidrs(after(["my-ip"], ALICE, CI, undefined))).toEqual([ALICE.cidr, CI.cidr]);
  expect(after(["my-ip", ALICE.cidr], ALICE)).toEqual([{ cidr: ALICE.cidr, callers: [] }]);
  const rules = after(["my-ip"], ALICE, CI).map((one) => ({ cidr: one.cidr, description: descriptionOf(one) }));
  expect(letIn([OFFICE], rules, undefined)).toEqual([{ cidr: OFFICE, callers: [] }]);
});

test("a range with a name: the name describes its rule, whoever is there by my-ip", () => {
  const office = { name: "office Berlin", cidr: OFFICE };
  const ranges = letIn(["my-ip", office, ALICE.cidr], [], CI);
  expect(ranges.map(descriptionOf)).toEqual(["office Berlin", "Buddy-SSH", `Buddy-SSH my-ip of ${CI.caller}`]);
  const rules = ranges.map((one) => ({ cidr: one.cidr, description: descriptionOf(one) }));
  expect(letIn(["my-ip", { ...office, name: "office" }], rules, CI)).toEqual([
    { name: "office", cidr: OFFICE, callers: [] },
    { cidr: CI.cidr, callers: [CI.caller] },
  ]);
});

test("a rule of somebody else's making is not taken for a caller's", () => {
  expect(letIn(["my-ip"], [{ cidr: "0.0.0.0/0", description: "Buddy-SSH" }], ALICE)).toEqual([
    { cidr: ALICE.cidr, callers: [ALICE.caller] },
  ]);
});

test.each([
  ["arn:aws:iam::111122223333:user/team/alice", "user/team/alice"],
  ["arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com", "assumed-role/Admin/alice@example.com"],
  ["arn:aws:iam::111122223333:root", "root"],
])("%s is %s, in characters that EC2 takes", (arn, name) => {
  expect(callerName(arn)).toBe(name);
  expect(descriptionOf({ cidr: ALICE.cidr, callers: [name] })).toMatch(/^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/);
});
