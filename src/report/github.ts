/**
 * The commands by which a step talks to GitHub Actions: lines that begin with "::", on stdout or stderr.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */

import { printable } from "../lib/text.ts";

/** GitHub shows no more of one, characters. */
const MOST = 4_000;

/** True for a step of a workflow. */
export const onGithub = (env: Readonly<Record<string, string | undefined>>): boolean => env.GITHUB_ACTIONS === "true";

const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

/** What GitHub shows on the page of the run, and beside the pull request. */
export interface Annotation {
  readonly level: "error" | "warning";
  readonly title: string;
  readonly message: string;
}

/** An annotation, as a line. */
export const annotation = ({ level, title, message }: Annotation): string =>
  `::${level} title=${property(printable(title))}::${data(printable(message).slice(0, MOST))}\n`;

/** What follows is folded under the title, until `GROUP_END`. */
export const groupStart = (title: string): string => `::group::${data(printable(title))}\n`;
export const GROUP_END = "::endgroup::\n";
