import { spelled } from "../../lib/duration.ts";
import { list } from "../../lib/text.ts";
import { type Check, Refuted, type Seen } from "../check.ts";
import { entrance } from "../entrance.ts";
import { scriptFor } from "../scripts.ts";
import type { Member, World } from "../world.ts";
import { inService } from "./members.ts";

/** Requests for each instance: enough that chance does not look like a bias. */
const REQUESTS_PER_INSTANCE = 20;
const MOST_REQUESTS = 120;
/** An instance that gets less than this part of its fair share is left out, not unlucky (one in thousands by chance). */
const LEAST_SHARE = 1 / 3;
const FOLLOWED_REQUESTS = 12;
/** A replica further behind shows visitors what they have changed as it was. */
const MOST_LAG_MS = 30_000;
/** An instance fetches the databases' addresses once a minute (web-database.timer): a replica that was just made is unknown until then. */
const SETTINGS_WITHIN_MS = 90_000;
const LOOK_AGAIN_MS = 10_000;

/** The instances to which the load balancer sends requests. */
async function serving({ group, targets }: World): Promise<readonly Member[]> {
  const [found, all] = await Promise.all([group(), targets()]);
  const healthy = inService(found).filter(({ id }) =>
    all.some(({ instanceId, state }) => instanceId === id && state === "healthy"),
  );
  if (healthy.length === 0) throw new Refuted("no healthy instance is in service");
  return healthy;
}

/** The instances that work, whatever the load balancer says of them. */
async function working({ group }: World): Promise<readonly Member[]> {
  const members = inService(await group());
  if (members.length === 0) throw new Refuted("no instance is in service");
  return members;
}

/** How many of the requests with this mark each instance has answered, by Apache's own log: so with any application. */
async function answered({ machines }: World, members: readonly Member[], mark: string): Promise<readonly number[]> {
  const counts = await machines.run(
    members.map(({ id }) => id),
    scriptFor("requests", mark),
  );
  return members.map(({ id }) => Number(counts.get(id)?.trim()));
}

const marked = (mark: string) => ({ "user-agent": `buddyverse-verify/${mark}` });

async function spread(world: World): Promise<Seen> {
  const [{ url, via }, members] = await Promise.all([entrance(world), serving(world)]);
  const mark = `${world.token}a`;
  const number = Math.min(MOST_REQUESTS, members.length * REQUESTS_PER_INSTANCE);
  const answers = await Promise.all(
    Array.from({ length: number }, () => world.site.get(`${url}/`, { via, headers: marked(mark) })),
  );
  const bad = answers.filter(({ status }) => status >= 500);
  const counts = await answered(world, members, mark);
  const share = number / members.length;
  return {
    saw: [
      `${number} requests: ${list(members.map(({ id }, index) => `${counts[index]} to ${id}`))}`,
      ...(bad.length > 0 ? [`${bad.length} were answered with ${bad[0]?.status}`] : []),
    ].join("; "),
    ok: bad.length === 0 && counts.every((count) => count >= share * LEAST_SHARE),
  };
}

async function sticky(world: World): Promise<Seen> {
  const [{ url, via }, members] = await Promise.all([entrance(world), serving(world)]);
  const mark = `${world.token}b`;
  const first = await world.site.get(`${url}/`, { via });
  const cookie = first.cookies.filter((one) => /^AWSALB/.test(one)).join("; ");
  if (cookie === "") return { saw: "the load balancer gives no AWSALB cookie", ok: false };
  // One after another, as a visitor's are, each with the newest cookie.
  let newest = cookie;
  for (let request = 0; request < FOLLOWED_REQUESTS; request++) {
    const { cookies } = await world.site.get(`${url}/`, { via, headers: { ...marked(mark), cookie: newest } });
    newest = cookies.filter((one) => /^AWSALB/.test(one)).join("; ") || newest;
  }
  const counts = await answered(world, members, mark);
  const used = members.flatMap(({ id }, index) => (counts[index] ? [`${counts[index]} to ${id}`] : []));
  return {
    saw: `${FOLLOWED_REQUESTS} requests with the cookie: ${list(used)}`,
    ok: used.length === 1 && counts.includes(FOLLOWED_REQUESTS),
  };
}

async function replicated(world: World): Promise<Seen> {
  const [member] = await working(world);
  const { id } = member as Member;
  const ask = async (): Promise<number | null> => {
    const said = (await world.machines.run([id], scriptFor("database", world.token))).get(id) ?? "";
    return (JSON.parse(said) as { readonly lagMs: number | null }).lagMs;
  };
  const until = world.clock.now() + SETTINGS_WITHIN_MS;
  let lagMs = await ask();
  while (lagMs === null && world.clock.now() < until) {
    await world.clock.sleep(LOOK_AGAIN_MS, world.signal);
    lagMs = await ask();
  }
  if (lagMs === null) return { saw: `${id} knows no replica`, ok: false };
  return {
    saw: `a row written on the primary was on the replica ${lagMs < 1_000 ? `${lagMs} ms` : spelled(lagMs / 1_000)} later`,
    ok: lagMs <= MOST_LAG_MS,
  };
}

async function shared(world: World): Promise<Seen> {
  const [{ url, via }, members] = await Promise.all([entrance(world), working(world)]);
  const [writer, ...readers] = members as readonly [Member, ...Member[]];
  if (readers.length === 0) return { saw: "only one instance is in service: there is nobody to share with", ok: false };
  const { machines, token, site, signal } = world;
  const path = `/media/buddyverse-verify-${token}.txt`;
  const content = `buddyverse-verify ${token}`;
  try {
    await machines.run([writer.id], scriptFor("file-write", token));
    signal.throwIfAborted();
    const read = await machines.run(
      readers.map(({ id }) => id),
      scriptFor("file-read", token),
    );
    const same = readers.filter(({ id }) => read.get(id)?.trim() === content);
    const { status, body } = await site.get(`${url}${path}`, { via });
    const served = status === 200 && body.trim() === content;
    return {
      saw: `written by ${writer.id}, read by ${same.length} of ${readers.length} others, ${served ? "served" : `not served (${status})`} at /media/`,
      ok: same.length === readers.length && served,
    };
  } finally {
    await machines.run([writer.id], scriptFor("file-remove", token));
  }
}

/** R4: no slowdown from reads. */
export const reads: readonly Check<World>[] = [
  {
    id: "spread",
    requirement: "R4",
    title: "Requests without a cookie reach every instance, evenly",
    run: spread,
  },
  {
    id: "sticky",
    requirement: "R4",
    title: "Requests with the load balancer's cookie stay on one instance",
    run: sticky,
  },
  {
    id: "replica-reads",
    requirement: "R4",
    title: "A row written on the primary is read on the replica",
    run: replicated,
  },
  {
    id: "shared-files",
    requirement: "R4",
    title: "A file written by one instance is read by the others, and served at /media/",
    run: shared,
  },
];
