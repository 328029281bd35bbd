import type { Identified, ResourceType } from "../../engine/resource.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { allPages } from "../pages.ts";
import { NO_TOPIC, topicArn } from "./topic.ts";

export interface SubscriptionSpec {
  readonly topicArn: string;
  readonly email: string;
}
/** `id` is `<topic ARN>|<address>`: the subscription's own ARN is listed only when the person has confirmed. */
export interface SubscriptionLive extends SubscriptionSpec, Identified {
  readonly arn: string;
  /** The person has followed the link in AWS's mail. Until then no alarm reaches them. */
  readonly confirmed: boolean;
}

const ARROW = " → ";
/** The name of a subscription in the stack: the topic's name, and who is told. */
export const subscriptionName = (topic: string, email: string): string => `${topic}${ARROW}${email}`;
const idOf = (topic: string, email: string): string => `${topic}|${email}`;
// What SNS lists in place of the ARN until the person confirms.
const PENDING = "PendingConfirmation";

/** That an address gets a topic's messages by mail. Named by `subscriptionName`. Ready at once: to confirm is the person's. */
export const subscription: ResourceType<SubscriptionSpec, SubscriptionLive> = {
  name: "sns:subscription",
  matters: ["email"],
  immutable: ["topicArn", "email"],
  coverage: {
    covers: { topicArn: ["TopicArn"], email: ["Endpoint"] },
    ignores: { SubscriptionArn: "there once the person has confirmed" },
    unshown: { "filter policy, delivery policy": "another call" },
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },

  async find(aws, { name }) {
    const [topic = "", email = ""] = name.split(ARROW);
    const arn = topicArn(aws, topic);
    const found = await undefinedIf(NO_TOPIC, () =>
      allPages(
        (NextToken) => aws.sns.listSubscriptionsByTopic({ TopicArn: arn, NextToken }),
        (page) => page.Subscriptions,
        (page) => page.NextToken,
      ),
    );
    const one = found?.find(({ Protocol, Endpoint }) => Protocol === "email" && Endpoint === email);
    if (!one) return undefined;
    const own = one.SubscriptionArn ?? PENDING;
    return { id: idOf(arn, email), arn: own, topicArn: arn, email, confirmed: own !== PENDING, described: one };
  },

  async create(aws, { topicArn: TopicArn, email }) {
    await aws.sns.subscribe({ TopicArn, Protocol: "email", Endpoint: email, ReturnSubscriptionArn: true });
    return idOf(TopicArn, email);
  },

  async delete(aws, { id, arn, confirmed }) {
    // "You can't delete a subscription that is pending confirmation. Amazon SNS automatically deletes unconfirmed subscriptions
    // after 48 hours" (developer guide, "Deleting an Amazon SNS topic and subscription"), or with the topic. Answering its own id
    // says: it stays.
    if (!confirmed) return id;
    try {
      await undefinedIf(NO_TOPIC, () => aws.sns.unsubscribe({ SubscriptionArn: arn }));
    } catch (error) {
      if (
        hasCode(error, "InvalidParameterException", "InvalidParameter") &&
        /pending confirmation/i.test(String(error))
      )
        return id;
      throw error;
    }
  },

  notes: ({ email, confirmed }) =>
    confirmed
      ? []
      : [
          `${email} gets no alarm yet: AWS has sent it a mail with a link to confirm that, which holds for two days. \`buddyverse up\` sends another one after that`,
        ],

  farewell: ({ email, confirmed }, { unwanted = false }) =>
    confirmed || !unwanted
      ? undefined
      : {
          kept: `${email} never confirmed it, and AWS deletes no such subscription: it goes by itself two days after it was made. Whoever follows the link in the mail until then gets alarms`,
        },

  // aws.amazon.com/sns/pricing, as quoted by factualminds.com (2026-06-13) and others.
  charges: () => [{ uncounted: "alarm e-mails through SNS: the first 1,000 of a month are free, then $2 for 100,000" }],
};
