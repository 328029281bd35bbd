/** A secret typed on a real terminal. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { GetParametersCommand } from "@aws-sdk/client-ssm";
import { describe, expect, test } from "vitest";
import { BIN } from "../command.ts";
import { inSandboxOf } from "../stranger.ts";
import { needs } from "../tools.ts";
import { type Folder, folder } from "./folder.ts";

const ASKED = "Value of KEY (it is not shown): ";

interface Seen {
  readonly screen: string;
  readonly code: number;
  /** Whether the terminal showed what was typed: at each step, and in the end. */
  readonly echo: readonly boolean[];
}

/** `secret set KEY` on a terminal, and what is typed when it asks. */
function typing(on: Folder, text: string): Seen {
  const { stdout, stderr } = spawnSync(
    "python3",
    [
      join(import.meta.dirname, "terminal.py"),
      JSON.stringify([[ASKED, text]]),
      ...[process.execPath, BIN, "secret", "set", "KEY", "--sandbox", "--sandbox-speed", "max"],
    ],
    {
      cwd: on.path,
      env: { PATH: process.env.PATH, HOME: on.path, TERM: "xterm", NODE_DISABLE_COMPILE_CACHE: "1" },
      encoding: "utf8",
    },
  );
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

async function valueIn(on: Folder): Promise<string | undefined> {
  let value: string | undefined;
  await inSandboxOf(on.path, async ({ ssm }, clock) => {
    await clock.sleep(5_000);
    const Names = ["/buddyverse/buddyverse/app/KEY"];
    value = (await ssm.send(new GetParametersCommand({ Names, WithDecryption: true }))).Parameters?.[0]?.Value;
  });
  return value;
}

describe("secret set on a terminal", needs("python3"), () => {
  test("nothing of what is typed is shown, not even how long it is; a typing error can be taken back", async () => {
    const on = folder();
    const { screen, code, echo } = typing(on, "hunter3\u007f2 ü\r");
    expect(code, screen).toBe(0);
    expect(screen).toContain(`${ASKED}\r\n`);
    expect(screen).not.toContain("hunter");
    expect(echo).toEqual([false, true]);
    expect(await valueIn(on)).toBe("hunter2 ü");
  });

  test.each([
    ["more than one line", "hunter2\nrm -r hunter3\n"],
    ["the beginning of a second line", "hunter2\rhunter3"],
  ])("%s is refused: nothing of it reaches the shell", (_name, text) => {
    const on = folder();
    const { screen, code } = typing(on, text);
    expect(code, screen).toBe(2);
    expect(screen).toContain("more than one line was given");
    expect(screen).not.toContain("hunter");
    expect(on.files()).toEqual(["buddyverse.config.json"]);
  });

  test.each([
    ["Ctrl-C", "hunter2\u0003", 5, "interrupted before anything was changed"],
    ["Ctrl-D", "\u0004", 2, "no value was given"],
  ])("%s sets nothing, and leaves a terminal that shows what is typed", (_name, keys, exit, said) => {
    const on = folder();
    const { screen, code, echo } = typing(on, keys);
    expect(code, screen).toBe(exit);
    expect(screen).toContain(said);
    expect(screen).not.toContain("hunter");
    expect(echo).toEqual([false, true]);
    expect(on.files()).toEqual(["buddyverse.config.json"]);
  });
});
