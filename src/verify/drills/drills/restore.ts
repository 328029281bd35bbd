import { age, at } from "../../../lib/duration.ts";
import type { Drill } from "../drill.ts";
import { counted, until } from "./beside.ts";

/** A restore takes as long as the data is large, seconds. */
const RESTORE_S = 90 * 60;
const REMOVE_S = 30 * 60;

/** The newest backup of the database: can it be read, how old is it, how long does it take. */
export const restore: Drill = {
  name: "restore",
  requirement: "R3",
  title: "The newest backup of the database can be restored and read, beside the one that runs",
  detected: "the restored database answers with the stack's password",
  recovered: "what is in it was read",
  tolerates: { failedPercent: 1, gapSeconds: 5 },
  announce: () => ({
    does: "restores the newest backup of the database beside it, under a name of its own, reads it, and removes it again; the one that runs is not touched",
    minutes: 20,
    limitMinutes: (RESTORE_S + REMOVE_S) / 60,
    instanceHours: 0,
    databaseHours: 0.4,
  }),
  refuses: (_group, { trial }) => trial.refuses(),

  async run({ stack, note, inject, detected, recovered }) {
    const { trial, clock, interrupted } = stack;
    const { name, primary, asOf, isReady } = await trial.begin((text) => void note(text));
    const began = clock.now();
    const old = asOf === undefined ? "" : `, as it was ${age(began - asOf)} ago (${at(asOf)})`;
    inject(`restores ${name} beside ${primary}${old}`);
    await until(stack, `${name} is restored`, RESTORE_S, isReady, interrupted);
    detected();
    const { version, tables, rows, running } = await trial.read();
    recovered();
    note(
      `${name} runs MySQL ${version} and has ${counted(tables, "table")} with ${counted(rows, "row")}${running ? `; ${primary} now has ${counted(running.tables, "table")} with ${counted(running.rows, "row")}` : ""}`,
    );
    await until(stack, `${name} is removed`, REMOVE_S, trial.remove, interrupted);
    note(`removed ${name} again`);
  },

  async putBack({ stack, note }) {
    await until(stack, "what was restored is removed", REMOVE_S, stack.trial.remove);
    note("removed what was restored");
  },
};
