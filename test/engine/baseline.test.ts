import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { baselineAfter, baselineOf, classify, dangerOf, rank, watchedChanges } from "../../src/engine/baseline.ts";
import { type AnyType, DANGERS } from "../../src/engine/resource.ts";
import { propertiesOf } from "../../src/lib/properties.ts";

const SEED = { seed: 15, numRuns: 300 };
const flat = (described: object) =>
  Object.fromEntries([...propertiesOf(described)].map(([path, { value }]) => [path, value]));

/** What AWS answers: names in its way, lists of texts or of members with an id. */
const name = fc.constantFrom("State", "GroupName", "Ebs", "VolumeId", "Tags", "Options", "Size");
const scalar = fc.oneof(fc.string({ maxLength: 200 }), fc.integer(), fc.boolean());
const answer = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(scalar, { maxLength: 4 }),
    fc.array(tie("object"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc.dictionary(name, tie("value"), { maxKeys: 5 }),
})).object;

/** The same, with its keys and lists the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned).reverse();
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, one]) => [key, turned(one)])
      .reverse(),
  );
}

describe("what AWS answers, flat", () => {
  test("in whatever order it comes, it is the same", () => {
    fc.assert(
      fc.property(answer, (described) => {
        expect(flat(turned(described) as object)).toEqual(flat(described));
      }),
      SEED,
    );
  });

  test("what is empty or a time says nothing, wherever it is", () => {
    fc.assert(
      fc.property(
        answer,
        fc.constantFrom(undefined, null, "", [], {}, [{}], new Date(0), "2026-11-29T12:00:00Z"),
        (described, nothing) => {
          expect(flat({ ...described, More: nothing, Others: [nothing] })).toEqual(flat(described));
        },
      ),
      SEED,
    );
  });

  test("each scalar is told: another value is another answer", () => {
    fc.assert(
      fc.property(answer, fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (described, one, other) => {
        fc.pre(one !== other && !/^\s*[{[]/.test(one + other));
        expect(flat({ ...described, Own: { VpcId: one } })).not.toEqual(flat({ ...described, Own: { VpcId: other } }));
      }),
      SEED,
    );
  });

  test("nothing long is kept: a value has 120 characters at most", () => {
    fc.assert(
      fc.property(answer, fc.string({ minLength: 121, maxLength: 5_000 }), (described, long) => {
        for (const value of Object.values(flat({ ...described, Long: long, UserData: long.slice(0, 100) })))
          expect(value.length).toBeLessThanOrEqual(120);
      }),
      SEED,
    );
  });

  test("lists are sets of members known by id or name, else by what they hold; pairs are attributes; documents are read", () => {
    const document = { Version: "1", Statement: [{ Action: ["b", "a"], Effect: "Allow" }] };
    const other = '{"Statement":[{"Effect":"Allow","Action":["a","b"]}],"Version":"1"}';
    const found = flat({
      $metadata: { requestId: "1" },
      Groups: ["sg-2", "sg-1"],
      Disks: [{ DeviceName: "/dev/xvda", Ebs: { VolumeId: "vol-1", Encrypted: true } }],
      Tags: [
        { Key: "team", Value: "web" },
        { Key: "empty", Value: "" },
      ],
      Rules: [{ From: 22, To: 22 }],
      Attributes: { "idle.seconds": "60" },
      Plain: JSON.stringify(document),
      Encoded: encodeURIComponent(JSON.stringify(document)),
      UserData: "IyEvYmluL2Jhc2g=",
    });
    expect(found).toEqual({
      "Groups[sg-1]": "yes",
      "Groups[sg-2]": "yes",
      "Disks[/dev/xvda].DeviceName": "/dev/xvda",
      "Disks[/dev/xvda].Ebs.VolumeId": "vol-1",
      "Disks[/dev/xvda].Ebs.Encrypted": "true",
      "Tags[team]": "web",
      "Tags[empty]": "yes",
      'Rules[{"From":22,"To":22}]': "yes",
      "Attributes[idle.seconds]": "60",
      Plain: found.Encoded,
      Encoded: expect.stringMatching(/^sha256:[0-9a-f]{12}$/),
      UserData: expect.stringMatching(/^sha256:[0-9a-f]{12}$/),
    });
    expect(flat({ Plain: other }).Plain).toBe(found.Plain);
  });
});

const type = {
  name: "toy:toy",
  coverage: {
    covers: {
      colour: ["Colour"],
      disks: ["Disks[].Size"],
      policies: ["Policies[=]"],
      born: "watched",
      hidden: "unshown",
    },
    ignores: { State: "a state", "Disks[].State": "a state" },
    unshown: { hidden: "AWS does not show it" },
    dangers: [
      { at: ["Disks[].Encrypted"], danger: "not encrypted", when: (text: string) => text === "false" },
      { at: ["Access"], danger: "made public", when: (text: string) => text === "all" },
    ],
  },
} as unknown as AnyType;
const spec = { colour: "red", disks: 8, policies: ["ours"], born: 1, hidden: 2 };
const TAGS = { "buddyverse:key": "toy", team: "web" };
const standing = (path: string, of: object = spec) => classify(type, of, TAGS, path).standing;

test("what the spec asks for is managed, what has its reason ignored, all else watched", () => {
  expect(["Colour", "Disks[a].Size", "Policies[ours].Arn", "Tags[team]"].map((path) => standing(path))).toEqual(
    Array(4).fill("managed"),
  );
  expect(["State", "Disks[a].State", "Tags[aws:cloudformation:stack-name]"].map((path) => standing(path))).toEqual(
    Array(3).fill("ignored"),
  );
  expect(
    ["ColourNumber", "Disks[a].Kind", "Policies[theirs]", "Tags[cost]", "Stateful", "New"].map((path) =>
      standing(path),
    ),
  ).toEqual(Array(6).fill("watched"));
  // What the config leaves open nobody manages.
  expect(standing("Colour", { ...spec, colour: undefined })).toBe("watched");
});

describe("changes since the baseline", () => {
  const subject = { type, spec, tags: TAGS };
  const live = (described: object) => ({ id: "toy-1", described });
  const AT_FIRST = { Colour: "red", State: "up", Access: "own", Disks: [{ Name: "a", Size: 8, Encrypted: true }] };
  const baseline = baselineOf(subject, live(AT_FIRST));

  test("the baseline holds what is watched, and nothing else", () => {
    expect(baseline.properties).toEqual({ Access: "own", "Disks[a].Encrypted": "true", "Disks[a].Name": "a" });
  });

  test("what changed, came and went, what matters for safety first", () => {
    const now = {
      Colour: "blue",
      State: "down",
      Access: "all",
      Disks: [{ Name: "a", Encrypted: false }, { Name: "b" }],
    };
    expect(watchedChanges(subject, baseline, live(now))).toEqual([
      { path: "Access", before: "own", now: "all", danger: "made public" },
      { path: "Disks[a].Encrypted", before: "true", now: "false", danger: "not encrypted" },
      { path: "Disks[b].Name", before: undefined, now: "b", danger: undefined },
    ]);
    expect(watchedChanges(subject, baseline, live(AT_FIRST))).toEqual([]);
  });

  test("what another version of the program did not read has not changed", () => {
    expect(
      watchedChanges(subject, baseline, live({ ...AT_FIRST, New: "1", Access: "all" }), "later").map(
        ({ path }) => path,
      ),
    ).toEqual(["Access"]);
  });

  test("after a change of ours what others had changed before is still told, and nothing else", () => {
    const theirs = live({ ...AT_FIRST, Access: "all", Extra: "1" });
    const standing = watchedChanges(subject, baseline, theirs);
    const after = live({ ...AT_FIRST, Access: "all", Extra: "1", Effect: "of ours" });
    expect(watchedChanges(subject, baselineAfter(baselineOf(subject, after), standing), after)).toEqual(standing);
  });

  test("the ranks are those of the list, and what is harmless comes last", () => {
    expect([...DANGERS, undefined].map(rank)).toEqual([...DANGERS, undefined].map((_, index) => index));
    expect(dangerOf(type, "Access", undefined)).toBeUndefined();
  });
});
