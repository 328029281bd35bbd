import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService, untagged } from "../../service.ts";
import type { Sim, Table } from "../../world.ts";

export interface Topic {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Those that somebody has set. */
  readonly attributes?: Readonly<Record<string, string>>;
}
/** Who confirms by a mail; the rest does it by itself, or in the account that has it. */
const BY_MAIL = ["email", "email-json"] as const;
const PROTOCOLS: Readonly<Record<string, RegExp>> = {
  email: /^[^@\s]+@[^@\s]+\.[^@\s]+$/,
  "email-json": /^[^@\s]+@[^@\s]+\.[^@\s]+$/,
  http: /^http:\/\/\S+$/,
  https: /^https:\/\/\S+$/,
  sqs: /^arn:[^:]+:sqs:[^:]+:\d{12}:\S+$/,
  lambda: /^arn:[^:]+:lambda:[^:]+:\d{12}:function:\S+$/,
};
/** What SetTopicAttributes takes here (API reference); a policy has to be one. */
const ATTRIBUTES = [
  "Policy",
  "DisplayName",
  "DeliveryPolicy",
  "KmsMasterKeyId",
  "TracingConfig",
  "SignatureVersion",
] as const;
export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly endpoint: string;
  /** Absent: email. */
  readonly protocol?: string;
  readonly confirmed: boolean;
  /** Mails that asked the person to confirm. */
  readonly mails: number;
}
const topicTable = (sim: Sim): Table<Topic> => sim.table("sns.topics");
export const subscriptionTable = (sim: Sim): Table<Subscription> => sim.table("sns.subscriptions");

/** What nobody confirms is forgotten: the link in the mail is good for two days (API reference, ConfirmSubscription). */
const CONFIRM_WITHIN_MS = 2 * 24 * 60 * 60_000;

const modelled = (code: string, message: string, status = 400) =>
  awsError(`${code}Exception`, message, { code, status });
const noTopic = () => modelled("NotFound", "Topic does not exist", 404);
const invalid = (message: string) => modelled("InvalidParameter", `Invalid parameter: ${message}`);

const tagList = z.array(z.strictObject({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).max(50);
const tagsOf = (list: z.infer<typeof tagList> | undefined) =>
  Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key, Value]));

function topicFor(sim: Sim, arn: string): Topic {
  const topic = topicTable(sim).visible(arn) && topicTable(sim).get(arn);
  if (!topic) throw noTopic();
  return topic;
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

const of = (sim: Sim, topicArn: string) =>
  subscriptionTable(sim)
    .all()
    .filter((one) => one.topicArn === topicArn);

export const sns: SandboxService = {
  errors: {
    missingParameter: "InvalidParameterException",
    malformedParameter: "InvalidParameterException",
    throttled: "ThrottledException",
    throttledStatus: 429,
  },
  inventory: { "sns.topics": "topics", "sns.subscriptions": "subscriptions" },
  operations: {
    CreateTopic: operation(
      { Name: z.string().regex(/^[A-Za-z0-9_-]{1,256}$/), Tags: tagList.optional() },
      ({ Name, Tags }, sim) => {
        const arn = `arn:${partitionOf(sim.region).name}:sns:${sim.region}:${sim.account}:${Name}`;
        const there = topicTable(sim).get(arn);
        const tags = tagsOf(Tags);
        if (there && Tags && JSON.stringify(there.tags) !== JSON.stringify(tags))
          throw invalid("Tags Reason: Topic already exists with different tags");
        if (!there) topicTable(sim).put(arn, { arn, tags });
        return { TopicArn: arn };
      },
    ),

    DeleteTopic: operation({ TopicArn: z.string() }, ({ TopicArn }, sim) => {
      if (topicTable(sim).get(TopicArn)) topicTable(sim).remove(TopicArn);
      for (const one of of(sim, TopicArn)) subscriptionTable(sim).remove(one.arn);
      return {};
    }),

    Subscribe: operation(
      {
        TopicArn: z.string(),
        Protocol: z.enum(Object.keys(PROTOCOLS) as [string, ...string[]]),
        Endpoint: z.string(),
        ReturnSubscriptionArn: z.boolean().optional(),
      },
      ({ TopicArn, Protocol, Endpoint, ReturnSubscriptionArn }, sim) => {
        topicFor(sim, TopicArn);
        const isMail = BY_MAIL.some((one) => one === Protocol);
        if (!PROTOCOLS[Protocol]?.test(Endpoint)) throw invalid(isMail ? "Email address" : `Endpoint ${Endpoint}`);
        const there = of(sim, TopicArn).find(
          (one) => one.endpoint === Endpoint && (one.protocol ?? "email") === Protocol,
        );
        if (there?.confirmed) return { SubscriptionArn: there.arn };
        const arn = there?.arn ?? `${TopicArn}:${[8, 4, 4, 4, 12].map((digits) => sim.hex(digits)).join("-")}`;
        subscriptionTable(sim).put(arn, {
          arn,
          topicArn: TopicArn,
          endpoint: Endpoint,
          protocol: Protocol,
          // A queue or function of the account needs nobody; a page confirms by itself, or never: here it does.
          confirmed: !isMail && (!Endpoint.startsWith("arn:") || Endpoint.split(":")[4] === sim.account),
          mails: (there?.mails ?? 0) + (isMail ? 1 : 0),
        });
        sim.after(CONFIRM_WITHIN_MS, "sns:forget", arn);
        return { SubscriptionArn: ReturnSubscriptionArn ? arn : "pending confirmation" };
      },
    ),

    GetTopicAttributes: operation({ TopicArn: z.string() }, ({ TopicArn }, sim) => {
      const topic = topicTable(sim).visible(TopicArn);
      if (!topic) throw noTopic();
      return { Attributes: { TopicArn, Owner: sim.account, DisplayName: "", ...topic.attributes } };
    }),

    SetTopicAttributes: operation(
      { TopicArn: z.string(), AttributeName: z.enum(ATTRIBUTES), AttributeValue: z.string().max(30_720) },
      ({ TopicArn, AttributeName, AttributeValue }, sim) => {
        const topic = topicFor(sim, TopicArn);
        if (AttributeName.endsWith("Policy") && !isJson(AttributeValue)) throw invalid(`Policy Error: null`);
        topicTable(sim).put(TopicArn, {
          ...topic,
          attributes: { ...topic.attributes, [AttributeName]: AttributeValue },
        });
        return {};
      },
    ),

    ListSubscriptionsByTopic: operation(
      { TopicArn: z.string(), NextToken: z.string().optional() },
      ({ TopicArn }, sim) => {
        if (!topicTable(sim).visible(TopicArn)) throw noTopic();
        return {
          Subscriptions: subscriptionTable(sim)
            .allVisible()
            .filter((one) => one.topicArn === TopicArn)
            .map((one) => ({
              SubscriptionArn: one.confirmed ? one.arn : "PendingConfirmation",
              Owner: sim.account,
              Protocol: one.protocol ?? "email",
              Endpoint: one.endpoint,
              TopicArn,
            })),
        };
      },
    ),

    Unsubscribe: operation({ SubscriptionArn: z.string() }, ({ SubscriptionArn }, sim) => {
      if (!/^arn:[^:]+:sns:[^:]+:\d+:[^:]+:[0-9a-f-]{36}$/.test(SubscriptionArn))
        throw invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not 1");
      const one = subscriptionTable(sim).get(SubscriptionArn);
      // The reference names an error for it, AWS gives none (getmoto/moto#3000).
      if (!one) return {};
      if (!one.confirmed) throw invalid("This subscription is pending confirmation: it cannot be unsubscribed");
      subscriptionTable(sim).remove(SubscriptionArn);
      return {};
    }),

    ListTagsForResource: operation({ ResourceArn: z.string().min(1).max(1011) }, ({ ResourceArn }, sim) => {
      const topic = topicTable(sim).visible(ResourceArn);
      if (!topic) throw modelled("ResourceNotFound", "Resource does not exist", 404);
      return { Tags: Object.entries(topic.tags).map(([Key, Value]) => ({ Key, Value })) };
    }),

    TagResource: operation(
      { ResourceArn: z.string().min(1).max(1011), Tags: tagList },
      ({ ResourceArn, Tags }, sim) => {
        const topic = topicTable(sim).get(ResourceArn);
        if (!topic) throw modelled("ResourceNotFound", "Resource does not exist", 404);
        topicTable(sim).put(ResourceArn, { ...topic, tags: { ...topic.tags, ...tagsOf(Tags) } });
        return {};
      },
    ),

    UntagResource: operation(
      { ResourceArn: z.string().min(1).max(1011), TagKeys: z.array(z.string().min(1).max(128)) },
      ({ ResourceArn, TagKeys }, sim) => {
        const topic = topicTable(sim).get(ResourceArn);
        if (!topic) throw modelled("ResourceNotFound", "Resource does not exist", 404);
        topicTable(sim).put(ResourceArn, { ...topic, tags: untagged(topic.tags, TagKeys) });
        return {};
      },
    ),
  },

  timers: {
    forget(arn, sim) {
      const one = subscriptionTable(sim).get(arn);
      if (one && !one.confirmed) subscriptionTable(sim).removeNow(arn);
    },
  },
};
