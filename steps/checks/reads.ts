import { spelled } from "../../src/lib/duration.ts";
import { list } from "../../src/lib/text.ts";
import type { Member } from "../../src/verify/aws/scaling.ts";
import type { Check, CheckContext, CheckOutcome } from "../../src/verify/check.ts";
import { type ScriptName, scriptFor } from "../../src/verify/scripts.ts";
import { atLeastOne, databases, inService, membersInService, scalingGroup, siteAddress, targets } from "./facts.ts";

/** Requests for each instance: enough that chance does not look like a bias. */
const REQUESTS_PER_INSTANCE = 20;
const MOST_REQUESTS = 120;
/** An instance that gets less than this part of its fair share is left out, not unlucky (one in thousands by chance). */
const LEAST_SHARE = 1 / 3;
const FOLLOWED_REQUESTS = 12;
/** A replica further behind shows visitors what they have changed as it was. */
const MOST_LAG_MS = 30_000;

/** The instances to which the load balancer sends requests. */
async function healthyMembers({ read }: CheckContext): Promise<readonly [Member, ...Member[]]> {
  const [group, known] = await Promise.all([read(scalingGroup), read(targets)]);
  const healthy = inService(group).filter(({ id }) =>
    known.some(({ instanceId, state }) => instanceId === id && state === "healthy"),
  );
  return atLeastOne(healthy, "no healthy instance is in service");
}

/** How many of the requests with this mark each instance has answered, by Apache's own log: it works with any application. */
async function answeredBy(
  { machines }: CheckContext,
  members: readonly Member[],
  mark: string,
): Promise<readonly number[]> {
  const counts = await machines.run(
    members.map(({ id }) => id),
    scriptFor("requests", mark),
  );
  return members.map(({ id }) => Number(counts.get(id)?.trim()));
}

const markedBy = (mark: string) => ({ "user-agent": `buddyverse-verify/${mark}` });

async function areSpread(context: CheckContext): Promise<CheckOutcome> {
  const [{ url, via }, members] = await Promise.all([context.read(siteAddress), healthyMembers(context)]);
  const mark = `${context.token}a`;
  const number = Math.min(MOST_REQUESTS, members.length * REQUESTS_PER_INSTANCE);
  const answers = await Promise.all(
    Array.from({ length: number }, () => context.site.get(`${url}/`, { via, headers: markedBy(mark) })),
  );
  const errors = answers.filter(({ status }) => status >= 500);
  const counts = await answeredBy(context, members, mark);
  const share = number / members.length;
  return {
    evidence: [
      `${number} requests: ${list(members.map(({ id }, index) => `${counts[index]} to ${id}`))}`,
      ...(errors.length > 0 ? [`${errors.length} were answered with ${errors[0]?.status}`] : []),
    ].join("; "),
    ok: errors.length === 0 && counts.every((count) => count >= share * LEAST_SHARE),
  };
}

const stickyOf = (cookies: readonly string[]): string =>
  cookies.filter((cookie) => cookie.startsWith("AWSALB")).join("; ");

async function areSticky(context: CheckContext): Promise<CheckOutcome> {
  const [{ url, via }, members] = await Promise.all([context.read(siteAddress), healthyMembers(context)]);
  const mark = `${context.token}b`;
  let cookie = stickyOf((await context.site.get(`${url}/`, { via })).cookies);
  if (cookie === "") return { evidence: "the load balancer gives no AWSALB cookie", ok: false };
  // One after another, as a visitor's are, each with the newest cookie.
  for (let request = 0; request < FOLLOWED_REQUESTS; request++) {
    const { cookies } = await context.site.get(`${url}/`, { via, headers: { ...markedBy(mark), cookie } });
    cookie = stickyOf(cookies) || cookie;
  }
  const counts = await answeredBy(context, members, mark);
  const used = members.flatMap(({ id }, index) => (counts[index] ? [`${counts[index]} to ${id}`] : []));
  return {
    evidence: `${FOLLOWED_REQUESTS} requests with the cookie: ${list(used)}`,
    ok: used.length === 1 && counts.includes(FOLLOWED_REQUESTS),
  };
}

async function isReplicated(context: CheckContext): Promise<CheckOutcome> {
  const [{ id }] = await membersInService(context);
  const run = async (script: ScriptName) =>
    JSON.parse((await context.machines.run([id], scriptFor(script, context.token))).get(id) ?? "");
  const [, replica] = await context.read(databases);
  const { endpoint } = (await run("database-replication")) as { readonly endpoint: string | null };
  if (endpoint !== replica?.endpoint)
    return { evidence: `${id} knows ${endpoint ?? "no replica"}, not ${replica?.endpoint}`, ok: false, pending: true };
  const { lagMs } = (await run("database")) as { readonly lagMs: number | null };
  if (lagMs === null) return { evidence: `${id} knows no replica`, ok: false, pending: true };
  return {
    evidence: `a row written on the primary was on the replica ${lagMs < 1_000 ? `${lagMs} ms` : spelled(lagMs / 1_000)} later`,
    ok: lagMs <= MOST_LAG_MS,
  };
}

async function areShared(context: CheckContext): Promise<CheckOutcome> {
  const [{ url, via }, [writer, ...readers]] = await Promise.all([
    context.read(siteAddress),
    membersInService(context),
  ]);
  if (readers.length === 0)
    return { evidence: "only one instance is in service: there is nobody to share with", ok: false };
  const { machines, token, site, signal } = context;
  const path = `/media/buddyverse-verify-${token}.txt`;
  const content = `buddyverse-verify ${token}`;
  try {
    await machines.run([writer.id], scriptFor("file-write", token));
    signal.throwIfAborted();
    const contents = await machines.run(
      readers.map(({ id }) => id),
      scriptFor("file-read", token),
    );
    const same = readers.filter(({ id }) => contents.get(id)?.trim() === content);
    const { status, body } = await site.get(`${url}${path}`, { via });
    const served = status === 200 && body.trim() === content;
    return {
      evidence: `written by ${writer.id}, read by ${same.length} of ${readers.length} others, ${served ? "served" : `not served (${status})`} at /media/`,
      ok: same.length === readers.length && served,
    };
  } finally {
    await machines.run([writer.id], scriptFor("file-remove", token));
  }
}

/** R4: no slowdown from reads. */
export const reads: readonly Check[] = [
  {
    id: "spread",
    requirement: "R4",
    title: "Requests without a cookie reach every instance, evenly",
    method: `${REQUESTS_PER_INSTANCE} requests per instance without a cookie, then Apache's log on each instance: a third of its fair share at least, and no answer is a 5xx`,
    limits: "an exact share: each node of the load balancer goes round on its own",
    run: areSpread,
  },
  {
    id: "sticky",
    requirement: "R4",
    title: "Requests with the load balancer's cookie stay on one instance",
    method: `${FOLLOWED_REQUESTS} requests with the \`AWSALB\` cookie, then the logs: one instance got all of them`,
    skip: ({ web }) =>
      web.stickinessSeconds === 0 ? "the config turns stickiness off (web.stickinessSeconds is 0)" : undefined,
    run: areSticky,
  },
  {
    id: "replica-reads",
    requirement: "R4",
    title: "A row written on the primary is read on the replica",
    method: `a row in a table of its own, written on the primary and read on the replica, which is another server: ${MOST_LAG_MS / 1_000} s later at most`,
    limits: "lag under load",
    skip: ({ database }) => (database.replica ? undefined : "the config wants no replica"),
    // An instance fetches the databases' addresses once a minute (web-database.timer): it does not know a new replica before.
    retry: { everySeconds: 10, forSeconds: 90 },
    run: isReplicated,
  },
  {
    id: "shared-files",
    requirement: "R4",
    title: "A file written by one instance is read by the others, and served at /media/",
    method: "a file written by one instance, read by each of the others, asked for at `/media/`",
    run: areShared,
  },
];
