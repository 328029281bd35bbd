import * as z from "zod";
import { counted, some } from "../../../lib/text.ts";
import { CheckFailed } from "../../check.ts";
import { scriptFor } from "../../scripts.ts";
import type { Drill } from "../drill.ts";
import { serving } from "../group-state.ts";

/** Rows are written for so long before anything is cut off, so that there are some. */
const BEFORE_MS = 20_000;
const TOKEN = "drill";

const rowsSchema = z.strictObject({
  acknowledged: z.number(),
  lost: z.array(z.number()),
  awaySeconds: z.number().nullable(),
  lastBefore: z.number(),
  firstAfter: z.number(),
});
/** What became of the rows that an instance has written meanwhile, one a second. */
export type Rows = z.infer<typeof rowsSchema>;

const LOST = 12;

/** What the rows say, in words. */
const rowsText = ({ acknowledged, lost, awaySeconds, lastBefore, firstAfter }: Rows): string =>
  [
    `writes were away for ${awaySeconds ?? 0} s: row ${lastBefore} was the last before, row ${firstAfter} the first after`,
    lost.length === 0
      ? `none of ${counted(acknowledged, "acknowledged row")} is lost`
      : `lost, of ${counted(acknowledged, "acknowledged row")}: ${some(lost.map(String), LOST)}`,
  ].join("; ");

/** The primary database is lost: the replica takes its place, and the rows that were written meanwhile are counted. */
export const lostPrimary: Drill = {
  name: "lost-primary",
  requirement: "R4",
  title: "The read replica takes the lost primary's place, and the stack is whole again with a new replica",
  detected: "nobody reaches the primary any more",
  recovered: "the new primary takes writes, and a new replica follows it",
  onlyByName: true,
  // A page that needs the database has none meanwhile.
  tolerates: { failedPercent: 60, gapSeconds: 20 * 60 },
  announce: () => ({
    does: "writes a row each second, cuts the primary database off, has the read replica take its place for good, and makes a new replica; the old primary is then deleted, with a final snapshot, which costs until you delete it. Writes are away for minutes",
    minutes: 25,
    limitMinutes: 150,
    instanceHours: 0,
    // The old primary runs beside the new replica until it is deleted.
    databaseHours: 0.4,
  }),
  async refuses(group, stack) {
    if (!stack.config.database.replica) return "there is no read replica (database.replica is false)";
    const plan = await stack.planned();
    if (plan.length > 0) return `up has something to do first, which the drill would do too: ${plan.join("; ")}`;
    return serving(group).length === 0 ? "no web instance is in service" : undefined;
  },

  async run({ stack, before, note, inject, detected, recovered }) {
    const { clock, interrupted, machines } = stack;
    const [writer] = serving(before);
    if (!writer) throw new Error("no web instance is in service");
    await machines.run([writer.id], scriptFor("rows", TOKEN));
    await clock.sleep(BEFORE_MS, interrupted);
    inject("cuts the primary off: it gets a security group without rules, and reboots");
    await stack.cutPrimary();
    detected();
    const { primary, kept } = await stack.failOver(note);
    recovered();
    const text = (await machines.run([writer.id], scriptFor("rows-end", TOKEN))).get(writer.id) ?? "";
    const parsed = rowsSchema.safeParse(JSON.parse(text));
    if (!parsed.success) throw new CheckFailed("rows-end: its answer has another shape");
    note(rowsText(parsed.data));
    if (kept !== undefined) note(await stack.removeOld(kept));
    const plan = await stack.planned();
    if (plan.length > 0) throw new CheckFailed(`up has something to do still: ${plan.join("; ")}`);
    note(`the stack is whole: ${primary} is the primary, and a new replica follows it`);
  },

  async putBack({ stack, before, note }) {
    // There is no way back from a promotion: it is carried to its end.
    await stack.carryOn(note);
    for (const { id } of serving(before).slice(0, 1)) await stack.machines.run([id], scriptFor("rows-end", TOKEN));
  },
};
