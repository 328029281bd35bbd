import { warningsFor } from "../../config/schema.ts";
import { examine } from "../../doctor/doctor.ts";
import { decidedOf, type Looked, lookAtAll } from "../../doctor/objects.ts";
import { notSeen } from "../../doctor/preflight.ts";
import { missingMessage } from "../../engine/graph.ts";
import { BuddyError, type ErrorCode } from "../../lib/errors.ts";
import { statementsFor } from "../../policy/policy.ts";
import { type Finding, findingsView } from "../../report/findings.ts";
import { credentialsText, heading, warningsView } from "../../report/views/heading.ts";
import { rehearse } from "../dry-run-calls.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { configOf } from "../paths.ts";
import { screenOf } from "../screen.ts";
import { open, type Session } from "../session.ts";

/** What keeps it from looking at anything, by the error's code. */
const STOPPED: Partial<Record<ErrorCode, string>> = {
  credentials: "credentials",
  network: "connection",
  account: "account",
  "wrong-account": "account",
};

/** Looks at all that `up` needs before it makes anything. Exit 1 when there is a problem. */
export async function doctor(options: CommonOptions): Promise<number> {
  const config = configOf(options);
  let session: Session;
  try {
    session = await open(options, { command: "doctor", writes: false, resolvesAddress: false });
  } catch (error) {
    const about = error instanceof BuddyError ? STOPPED[error.code] : undefined;
    if (about === undefined) throw error;
    const { message, hint } = error as BuddyError;
    const findings: readonly Finding[] = [{ about, verdict: "problem", message, hint }];
    printResult(options, findingsView(findings), { ok: false, findings });
    return 1;
  }
  try {
    const screen = screenOf(session);
    const { aws } = session;
    const warnings = warningsFor(config);
    const { run, graph } = session.stack;
    const looks = await lookAtAll(run, graph);
    const statements = statementsFor(await rehearse(config), config);
    const examined = await examine(aws, config, statements, decidedOf(run, looks));
    const objects = namesAndImages(looks);
    const { credentials } = screen.place;
    const until = credentials ? `; ${credentialsText(credentials.end, credentials.now)}` : "";
    const who: Finding = {
      about: "credentials",
      verdict: "ok",
      message: `account ${aws.account}, region ${aws.region}${until}`,
    };
    const findings = [who, ...examined, ...objects];
    screen.result(
      [
        heading({ ...screen.place, credentials: undefined }, screen.look),
        warningsView(warnings, session.paths.config, screen.look),
        findingsView(findings, screen.look),
      ]
        .filter(Boolean)
        .join("\n"),
      { ok: findings.every(({ verdict }) => verdict !== "problem"), findings, warnings },
    );
    return findings.some(({ verdict }) => verdict === "problem") ? 1 : 0;
  } finally {
    session.close();
  }
}

/** What must be there already (images, a zone) is; and no name is taken by somebody else's. */
function namesAndImages(looks: readonly Looked[]): readonly Finding[] {
  const findings = looks.map(({ node, live, error }): Finding | undefined => {
    const external = node.type.external ?? false;
    const about = !external ? "names" : node.type.name.includes("image") ? "image" : "zone";
    if (error instanceof BuddyError && error.code !== "interrupted")
      return { about, verdict: "problem", message: error.message, hint: error.hint };
    if (error !== undefined) {
      const unseen = notSeen(about, error);
      return { ...unseen, message: `${node.name}: ${unseen.message}` };
    }
    if (!external) return undefined;
    const health = live && node.type.health?.(live);
    if (typeof health === "object" && "blocked" in health)
      return { about, verdict: "problem", message: health.blocked };
    return live
      ? { about, verdict: "ok", message: `${node.name}: ${live.id}` }
      : { about, verdict: "problem", message: missingMessage(node), hint: "Change the config, or make it." };
  });
  // A load balancer of somebody else's is in the way of its listeners, too: it is named once.
  const found = findings
    .filter((one) => one !== undefined)
    .filter((one, index, all) => all.findIndex(({ message }) => message === one.message) === index);
  const seen = found.filter(({ about }) => about === "names").length === 0;
  return [
    ...found,
    ...(seen ? [{ about: "names", verdict: "ok" as const, message: "none is taken by what is not this stack's" }] : []),
  ];
}
