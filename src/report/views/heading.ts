import type { CredentialsEnd } from "../../aws/aws.ts";
import { about, clockMinute, dayAt, zoneAt } from "../../lib/duration.ts";
import type { Problem } from "../../lib/errors.ts";
import { widthOf } from "../../lib/text.ts";
import { plain } from "../style.ts";
import { joined, type Look, type Place, WIDTH } from "./look.ts";

/** Where a command works that is about no one stack. */
type Where = Omit<Place, "stack"> & Partial<Pick<Place, "stack">>;

/** The first lines of every command's screen: where it works, and until when it may. On the sandbox it says so. */
export function heading(place: Where, { style = plain, width = WIDTH }: Look = {}): string {
  const account = place.account === undefined ? undefined : `account ${place.account}`;
  const where = place.sandbox ? "sandbox" : account;
  const left = ["buddyverse", where, place.region, place.stack && `stack ${place.stack}`].filter(Boolean).join(" · ");
  const shown = style.bold("buddyverse") + left.slice("buddyverse".length);
  if (!place.sandbox)
    return place.credentials ? `${shown}\n${credentialsText(place.credentials.end, place.credentials.now)}` : shown;
  const most = Math.min(width - 1, 108);
  const long = "SANDBOX, nothing reaches AWS";
  const right = [long, "SANDBOX"].find((words) => widthOf(left) + 2 + words.length <= most);
  if (right === undefined) return `${shown}\n${style.yellow(long)}`;
  return shown + " ".repeat(most - widthOf(left) - right.length) + style.yellow(right);
}

/** "credentials until 14:05 UTC (in 55 min)", before it this machine's time where that is another. @param now milliseconds since 1970. */
export function credentialsText({ at, renewed }: CredentialsEnd, now: number): string {
  const day = dayAt(at) === dayAt(now) ? "" : `${dayAt(at)} `;
  const zone = zoneAt(at);
  const utc = zone === "UTC" ? "" : `${new Date(at).toISOString().slice(11, 16)} UTC, `;
  const left = at > now ? `in ${about((at - now) / 1_000)}` : "over, by this machine's clock";
  const after = renewed ? "; the AWS SDK renews them while the login or role behind them holds" : "";
  return `credentials until ${day}${clockMinute(at)} ${zone} (${utc}${left})${after}`;
}

/** What to expect, and do, when the work will take longer than the credentials hold. @param seconds of the work. */
export function credentialsWarning(
  { end: { at, renewed, byCode }, now }: NonNullable<Place["credentials"]>,
  seconds: number,
  { style = plain }: Look = {},
): string | undefined {
  const left = (at - now) / 1_000;
  if (seconds <= left) return undefined;
  const hold = left > 0 ? `hold ${about(left)} more` : "have ended";
  const facts = `takes about ${about(seconds)}, and the credentials ${hold}`;
  const after = "the run stops cleanly, nothing is lost, and the same command goes on after a new login";
  return renewed
    ? `This ${facts}. The AWS SDK renews them while the login or role behind them holds; where that ends too, ${after}.`
    : `${style.yellow("warning")}: this ${facts}. ${byCode ? "An MFA code opened their session, and is asked for only once" : "They are from environment variables, which are not renewed"}: when they end, ${after}. To do it in one go, ${byCode ? "let the role's sessions last longer (duration_seconds in the profile)" : "set fresh ones first"}.`;
}

/** What is odd in the config but not wrong. Empty text when there is nothing. */
export function warningsView(warnings: readonly Problem[], file: string, { style = plain }: Look = {}): string {
  return joined(
    warnings.flatMap(({ path, message, hint }) => [
      `${style.yellow("warning")}: ${file}${path === "" ? "" : ` ${path}`}: ${message}`,
      ...(hint === undefined ? [] : [`      → ${hint}`]),
    ]),
  );
}
