import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { type Filter, filtersOf, filterTable, groupFor } from "./tables.ts";

/*
 * What others hang on a group of logs. Nothing comes of it here: no line is sent, and no metric made.
 */

const logGroupName = z.string().min(1).max(512);
const filterName = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^:*]*$/);
const filterPattern = z.string().max(1024);
/** So many of each kind (API reference, PutSubscriptionFilter; CloudWatch Logs quotas). */
const MOST = { subscription: 2, metric: 100 } as const;

const keyOf = ({ group, kind, name }: Pick<Filter, "group" | "kind" | "name">) => `${group}:${kind}:${name}`;

/** Makes it, or puts it in the place of the one of its name. */
function put(sim: Sim, given: Omit<Filter, "createdAt">): object {
  groupFor(sim, given.group);
  const there = filterTable(sim).get(keyOf(given));
  if (!there && filtersOf(sim, given.group, given.kind).length >= MOST[given.kind])
    throw awsError("LimitExceededException", "Resource limit exceeded.");
  filterTable(sim).put(keyOf(given), { ...given, createdAt: there?.createdAt ?? sim.now });
  return {};
}
function remove(sim: Sim, one: Pick<Filter, "group" | "kind" | "name">): object {
  groupFor(sim, one.group);
  if (!filterTable(sim).get(keyOf(one)))
    throw awsError("ResourceNotFoundException", `The specified ${one.kind} filter does not exist.`);
  filterTable(sim).remove(keyOf(one));
  return {};
}
const shown = ({ group, name, createdAt, settings }: Filter) => ({
  filterName: name,
  logGroupName: group,
  creationTime: createdAt,
  ...settings,
});

export const filterOperations: SandboxService["operations"] = {
  PutSubscriptionFilter: operation(
    {
      logGroupName,
      filterName,
      filterPattern,
      destinationArn: z.string().regex(/^arn:[^:]+:(kinesis|firehose|lambda|logs):/),
      roleArn: z.string().min(1).optional(),
    },
    ({ logGroupName: group, filterName: name, ...settings }, sim) =>
      put(sim, { group, kind: "subscription", name, settings: { ...settings, distribution: "ByLogStream" } }),
  ),
  DescribeSubscriptionFilters: operation({ logGroupName, nextToken: z.string().optional() }, (input, sim) => ({
    subscriptionFilters: filtersOf(sim, groupFor(sim, input.logGroupName).name, "subscription").map(shown),
  })),
  DeleteSubscriptionFilter: operation({ logGroupName, filterName }, ({ logGroupName: group, filterName: name }, sim) =>
    remove(sim, { group, kind: "subscription", name }),
  ),
  PutMetricFilter: operation(
    {
      logGroupName,
      filterName,
      filterPattern,
      metricTransformations: z
        .array(z.strictObject({ metricName: z.string(), metricNamespace: z.string(), metricValue: z.string() }))
        .length(1),
    },
    ({ logGroupName: group, filterName: name, ...settings }, sim) =>
      put(sim, { group, kind: "metric", name, settings }),
  ),
  DescribeMetricFilters: operation({ logGroupName, nextToken: z.string().optional() }, (input, sim) => ({
    metricFilters: filtersOf(sim, groupFor(sim, input.logGroupName).name, "metric").map(shown),
  })),
  DeleteMetricFilter: operation({ logGroupName, filterName }, ({ logGroupName: group, filterName: name }, sim) =>
    remove(sim, { group, kind: "metric", name }),
  ),
};
