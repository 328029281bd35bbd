import { warningsFor } from "../../config/warnings.ts";
import { examine } from "../../doctor/doctor.ts";
import { decidedOf, type Looked, lookAtAll } from "../../doctor/objects.ts";
import { notSeen } from "../../doctor/preflight.ts";
import { missingMessage, type Node } from "../../engine/graph.ts";
import { specOf } from "../../engine/observe.ts";
import type { Foreseen } from "../../engine/resource.ts";
import { BuddyError, type ErrorCode } from "../../lib/errors.ts";
import { statementsFor } from "../../policy/policy.ts";
import { type Finding, findingsView } from "../../report/findings.ts";
import { credentialsText, heading, warningsView } from "../../report/views/heading.ts";
import { applicationText } from "../application.ts";
import { rehearse } from "../dry-run-calls.ts";
import type { CommonOptions } from "../options.ts";
import { printView } from "../output.ts";
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
    printView(options, findingsView(findings), { ok: false, findings });
    return 1;
  }
  try {
    const screen = screenOf(session);
    const { aws } = session;
    const warnings = [...warningsFor(config), ...session.application.warnings];
    const { run, graph } = session.stack;
    const looks = await lookAtAll(run, graph);
    const statements = statementsFor(await rehearse(config), config);
    const examined = await examine(aws, config, statements, decidedOf(run, looks));
    const told = new Set(examined.filter(({ verdict }) => verdict === "problem").map(({ about }) => about));
    const objects = (await namesAndImages(session, looks)).filter(
      ({ about, verdict }) => verdict !== "problem" || !told.has(about),
    );
    const { credentials } = screen.place;
    const until = credentials ? `; ${credentialsText(credentials.end, credentials.now)}` : "";
    const who: Finding = {
      about: "credentials",
      verdict: "ok",
      message: `account ${aws.account}, region ${aws.region}${until}`,
    };
    const findings = [who, ...applicationFindings(session), ...examined, ...objects];
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
    await session.close();
  }
}

/** What would keep the application from running, or how it will run. */
function applicationFindings({ config, application }: Session): readonly Finding[] {
  const about = "application";
  if (application.problems.length > 0)
    return application.problems.map((problem) => ({ about, verdict: "problem", ...problem }));
  const message = applicationText(config, application);
  return message === undefined ? [] : [{ about, verdict: "ok", message }];
}

/** What must be there already (images, a zone) is; and no name is taken by somebody else's. */
async function namesAndImages({ aws }: Session, looks: readonly Looked[]): Promise<readonly Finding[]> {
  const findings = looks.map(({ node, live, error }): Finding | undefined => {
    if (error !== undefined) return notFound(node, error);
    // Of what a person makes for the stack, what is foreseen says more.
    if (!node.type.external || (!live && node.type.foresee)) return undefined;
    const about = aboutOf(node);
    // A zone that is not there is told of where the domain is looked at.
    if (about === "zone" && !live) return undefined;
    const health = live && node.type.health?.(live);
    if (typeof health === "object" && "blocked" in health)
      return { about, verdict: "problem", message: health.blocked };
    return live
      ? { about, verdict: "ok", message: live.id === node.name ? node.name : `${node.name}: ${live.id}` }
      : { about, verdict: "problem", message: missingMessage(node), hint: "Change the config, or make it." };
  });
  const lives = new Map(looks.map(({ node, live }) => [node.key, live]));
  const foreseen = await Promise.all(
    looks
      // What could not be looked at may be there.
      .filter(({ node, live, error }) => node.type.foresee && !live && error === undefined)
      .map(async ({ node }): Promise<Finding | undefined> => {
        try {
          const spec = specOf(node, (key) => lives.get(key));
          return findingOf(node, await node.type.foresee?.(aws, spec, node.owner, undefined));
        } catch (error) {
          return notFound(node, error);
        }
      }),
  );
  // A load balancer of somebody else's is in the way of its listeners, too: it is named once.
  const found = [...findings, ...foreseen]
    .filter((one) => one !== undefined)
    .filter((one, index, all) => all.findIndex(({ message }) => message === one.message) === index);
  const seen = !found.some(({ about, verdict }) => about === "names" && verdict !== "ok");
  return [
    ...found,
    ...(seen ? [{ about: "names", verdict: "ok" as const, message: "none is taken by what is not this stack's" }] : []),
  ];
}

const aboutOf = ({ type }: Node): string =>
  !type.external ? "names" : (["image", "zone", "secret"].find((word) => type.name.includes(word)) ?? "encryption key");

function notFound(node: Node, error: unknown): Finding {
  const about = aboutOf(node);
  if (error instanceof BuddyError && error.code !== "interrupted")
    return { about, verdict: "problem", message: error.message, hint: error.hint };
  return { ...notSeen(about, error), message: `${node.name}: ${notSeen(about, error).message}` };
}

/** What waits for a person is told where the domain is looked at. */
function findingOf(node: Node, foreseen: Foreseen | undefined): Finding | undefined {
  if (foreseen?.kind === "refused" && node.type.external)
    return { about: aboutOf(node), verdict: "problem", message: foreseen.message, hint: foreseen.hint };
  if (foreseen?.kind === "clash")
    return { about: "names", verdict: "problem", message: foreseen.message, hint: foreseen.hint };
  return foreseen?.kind === "note" ? { about: "names", verdict: "ok", message: foreseen.note } : undefined;
}
