import type { Listener, LoadBalancer, TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Owner, Tags } from "../../engine/resource.ts";
import { chunksOf } from "../../lib/chunks.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { STACK_TAG, tagList, tagsFrom, takenBy } from "../owned.ts";
import { allPages } from "../pages.ts";

export const NO_LOAD_BALANCER = ["LoadBalancerNotFoundException"];
export const NO_TARGET_GROUP = ["TargetGroupNotFoundException"];

/** DescribeTags takes 20 ARNs at most (API reference). */
const ARNS_PER_CALL = 20;

interface Named {
  readonly loadBalancer?: LoadBalancer;
  readonly targetGroup?: TargetGroup;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly tags: Tags;
}

/** A load balancer of that name, whosever it is, with its tags. */
export async function loadBalancerNamed(
  aws: Aws,
  name: string,
): Promise<{ readonly loadBalancer: LoadBalancer; readonly tags: Tags } | undefined> {
  const found = await aws.batchById("elb:named", `load-balancer:${name}`, (ids) => readNamed(aws, ids));
  return found?.loadBalancer && { loadBalancer: found.loadBalancer, tags: found.tags };
}

/** A target group of that name, whosever it is, with its attributes and tags. */
export async function targetGroupNamed(
  aws: Aws,
  name: string,
): Promise<
  | { readonly targetGroup: TargetGroup; readonly attributes: Readonly<Record<string, string>>; readonly tags: Tags }
  | undefined
> {
  const found = await aws.batchById("elb:named", `target-group:${name}`, (ids) => readNamed(aws, ids));
  return found?.targetGroup && { targetGroup: found.targetGroup, attributes: found.attributes ?? {}, tags: found.tags };
}

// Load balancers and target groups in one batch, so that their tags are one call. By name, one name per call: one that is
// missing makes AWS refuse the whole list.
async function readNamed(aws: Aws, ids: readonly string[]): Promise<ReadonlyMap<string, Named>> {
  const namesOf = (kind: string) => ids.filter((id) => id.startsWith(kind)).map((id) => id.slice(kind.length));
  const [loadBalancers, targetGroups] = await Promise.all([
    Promise.all(
      namesOf("load-balancer:").map(async (name) =>
        undefinedIf(NO_LOAD_BALANCER, async () => {
          const { LoadBalancers } = await aws.elb.describeLoadBalancers({ Names: [name] });
          return LoadBalancers?.[0];
        }),
      ),
    ),
    Promise.all(
      namesOf("target-group:").map(async (name) =>
        undefinedIf(NO_TARGET_GROUP, async () => {
          const { TargetGroups } = await aws.elb.describeTargetGroups({ Names: [name] });
          return TargetGroups?.[0];
        }),
      ),
    ),
  ]);
  const balancers = loadBalancers.filter((one) => one !== undefined);
  const groups = targetGroups.filter((one) => one !== undefined);
  const [tags, attributes] = await Promise.all([
    tagsOf(aws, [
      ...balancers.map((one) => one.LoadBalancerArn as string),
      ...groups.map((one) => one.TargetGroupArn as string),
    ]),
    Promise.all(groups.map((one) => attributesOf(aws, one.TargetGroupArn as string))),
  ]);
  const named = new Map<string, Named>();
  for (const loadBalancer of balancers) {
    const its = tags.get(loadBalancer.LoadBalancerArn as string);
    if (its) named.set(`load-balancer:${loadBalancer.LoadBalancerName}`, { loadBalancer, tags: its });
  }
  groups.forEach((targetGroup, index) => {
    const its = tags.get(targetGroup.TargetGroupArn as string);
    const own = attributes[index];
    if (its && own)
      named.set(`target-group:${targetGroup.TargetGroupName}`, { targetGroup, attributes: own, tags: its });
  });
  return named;
}

/** The ARN of the stack's target group, when it has just one. */
export async function onlyTargetGroup(aws: Aws, stack: string): Promise<string | undefined> {
  const groups = await allPages(
    (Marker) => aws.elb.describeTargetGroups({ Marker }),
    (page) => page.TargetGroups,
    (page) => page.NextMarker,
  );
  const tags = await tagsOf(
    aws,
    groups.map(({ TargetGroupArn = "" }) => TargetGroupArn),
  );
  const ours = [...tags].filter(([, its]) => its[STACK_TAG] === stack).map(([arn]) => arn);
  return ours.length === 1 ? ours[0] : undefined;
}

/** The tags of each; what has gone meanwhile is not in the answer. */
async function tagsOf(aws: Aws, arns: readonly string[]): Promise<ReadonlyMap<string, Tags>> {
  const read = async (some: readonly string[]) => {
    const { TagDescriptions = [] } = await aws.elb.describeTags({ ResourceArns: [...some] });
    return TagDescriptions.map((one) => [one.ResourceArn ?? "", tagsFrom(one.Tags)] as const);
  };
  const gone = [...NO_LOAD_BALANCER, ...NO_TARGET_GROUP];
  const pairs = await Promise.all(
    chunksOf(arns, ARNS_PER_CALL).map(
      async (chunk) =>
        (await undefinedIf(gone, () => read(chunk))) ??
        // One of them has just gone, and AWS refuses the whole list: ask for each.
        (await Promise.all(chunk.map(async (arn) => (await undefinedIf(gone, () => read([arn]))) ?? []))).flat(),
    ),
  );
  return new Map(pairs.flat());
}

async function attributesOf(aws: Aws, arn: string): Promise<Readonly<Record<string, string>> | undefined> {
  const answer = await undefinedIf(NO_TARGET_GROUP, () =>
    aws.elb.describeTargetGroupAttributes({ TargetGroupArn: arn }),
  );
  return answer && Object.fromEntries((answer.Attributes ?? []).map(({ Key, Value }) => [Key, Value ?? ""]));
}

/** `<load balancer>:<port>`, and perhaps more: the name of what hangs on a listener. */
function listenerName(name: string): { readonly loadBalancer: string; readonly port: number } {
  const [, loadBalancer, port] = /^([^:]+):(\d+)/.exec(name) ?? [];
  if (!loadBalancer || !port)
    throw new BuddyError({ code: "internal", message: `"${name}" is not <load balancer>:<port>` });
  return { loadBalancer, port: Number(port) };
}

/**
 * The owner's listener, found through its load balancer's name, and that load balancer's other listeners. A listener is
 * ours when its load balancer is. Throws `not-ours` otherwise.
 * @param recorded an id that begins with the listener's ARN
 * @param isMeant of a listener whose load balancer has lost its tag and that is not recorded: whether it is what is looked for
 */
export async function listenersFor(
  aws: Aws,
  owner: Owner,
  recorded?: string,
  isMeant: (listener: Listener) => boolean = () => true,
): Promise<{ readonly listener: Listener; readonly others: readonly Listener[] } | undefined> {
  const { loadBalancer: name, port } = listenerName(owner.name);
  const found = await loadBalancerNamed(aws, name);
  if (!found) return undefined;
  const arn = found.loadBalancer.LoadBalancerArn as string;
  const stack = found.tags[STACK_TAG];
  const refused = () =>
    new BuddyError({ code: "not-ours", about: { key: owner.key, id: arn }, ...takenBy(owner, arn, found.tags) });
  if (stack !== undefined && stack !== owner.stack) throw refused();
  const listeners = await aws.coalesce(`elb:listeners:${arn}`, () =>
    undefinedIf(NO_LOAD_BALANCER, () =>
      allPages(
        (Marker) => aws.elb.describeListeners({ LoadBalancerArn: arn, Marker }),
        (page) => page.Listeners,
        (page) => page.NextMarker,
      ),
    ),
  );
  const listener = listeners?.find((one) => one.Port === port);
  if (!listener) return undefined;
  const known = recorded?.startsWith(listener.ListenerArn as string) ?? false;
  if (stack === undefined && !known && isMeant(listener)) throw refused();
  return { listener, others: (listeners ?? []).filter((one) => one !== listener) };
}

/** Closes a difference in tags. */
export async function retag(aws: Aws, arn: string, changed: ReadonlySet<string>, owner: Owner): Promise<void> {
  if (!changed.has("tags")) return;
  const { tags, obsoleteTags = [] } = owner;
  if (obsoleteTags.length > 0) await aws.elb.removeTags({ ResourceArns: [arn], TagKeys: [...obsoleteTags] });
  await aws.elb.addTags({ ResourceArns: [arn], Tags: tagList(tags) });
}

/** Where a listener sends what it gets: the one target group that it forwards to. */
export function forwardTarget({ DefaultActions = [] }: Listener): string | undefined {
  const [action, ...more] = DefaultActions;
  if (action?.Type !== "forward" || more.length > 0) return undefined;
  // AWS gives a plain forward in both forms; several weighted target groups only in the second.
  const groups = action.ForwardConfig?.TargetGroups ?? [];
  return groups.length > 1 ? undefined : (action.TargetGroupArn ?? groups[0]?.TargetGroupArn);
}
