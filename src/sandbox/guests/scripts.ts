import type * as z from "zod";
import type { UserDataScript } from "../../../steps/scripts/user-data.ts";
import { BuddyError } from "../../lib/errors.ts";
import { headOf } from "../../lib/script.ts";
import type { Instance } from "../services/ec2/tables.ts";

/** Refuses a script, by its name where it has one. */
export const cannotRun = (why: string): BuddyError =>
  new BuddyError({
    code: "sandbox",
    message: `the sandbox cannot run this script on its instances: ${why}`,
    hint: 'It runs the scripts of this tool, known by their first line ("# buddyverse: NAME"), and no other programs.',
  });

/** What the value of a setting looks like: text of a pattern, or a JSON document in base64. */
export type Shape = RegExp | z.ZodType;

const fits = (shape: Shape, value: string): boolean =>
  shape instanceof RegExp ? shape.test(value) : documentIn(shape, value) !== undefined;

/** The JSON document that a setting holds in base64; undefined: it holds none of that sort. */
function documentIn<T>(shape: z.ZodType<T>, value: string): T | undefined {
  const text = Buffer.from(value, "base64").toString("utf8");
  if (Buffer.from(text).toString("base64") !== value) return undefined;
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A script in user data, and what it was told. */
export interface UserData {
  readonly name: UserDataScript;
  readonly settings: Readonly<Record<string, string>>;
}

/** The settings of a script: lines `NAME=value` of its here document SETTINGS. */
function settingsIn(script: string): Record<string, string> {
  const block = /<<'SETTINGS'\n([\s\S]*?)^SETTINGS$/m.exec(script)?.[1] ?? "";
  return Object.fromEntries(
    block
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
        if (name === undefined || value === undefined) throw cannotRun(`it cannot read the setting "${line}"`);
        return [name, value];
      }),
  );
}

/**
 * Reads user data.
 * @param userData base64, as EC2 has it
 * @param known the scripts, each with the settings that it must have, and what their values look like
 * @throws BuddyError `sandbox` for a script that is not among them, and for a setting that is missing, unknown or malformed
 */
export function readUserData(
  userData: string,
  known: Readonly<Record<UserDataScript, Readonly<Record<string, Shape>>>>,
): UserData {
  const script = Buffer.from(userData, "base64").toString("utf8");
  const head = headOf(script);
  if (!head) throw cannotRun("its first line does not say what it is");
  if (!Object.hasOwn(known, head.name)) throw cannotRun(`it does not know "${head.name}"`);
  const name = head.name as UserDataScript;
  const settings = settingsIn(script);
  const shapes = known[name];
  for (const setting of Object.keys(settings))
    if (!Object.hasOwn(shapes, setting)) throw cannotRun(`it does not know the setting ${setting} of "${name}"`);
  for (const [setting, shape] of Object.entries(shapes)) {
    const value = settings[setting];
    if (value === undefined) throw cannotRun(`the setting ${setting} of "${name}" is missing`);
    if (!fits(shape, value)) throw cannotRun(`it cannot read the setting ${setting}=${value} of "${name}"`);
  }
  return { name, settings };
}

/** One setting of an instance whose user data has been read when it was launched; "" when it has none. */
export function settingOf({ userData }: Instance, name: string): string {
  return userData === null ? "" : (settingsIn(Buffer.from(userData, "base64").toString("utf8"))[name] ?? "");
}

/** One document of an instance whose user data has been read when it was launched. */
export function documentOf<T>(instance: Instance, name: string, shape: z.ZodType<T>): T {
  const found = documentIn(shape, settingOf(instance, name));
  if (found === undefined) throw cannotRun(`it cannot read the setting ${name}`);
  return found;
}

/** Which of this tool's scripts an instance was launched with. */
export const scriptNameOf = ({ userData }: Instance): string | undefined =>
  userData === null ? undefined : headOf(Buffer.from(userData, "base64").toString("utf8"))?.name;
