import { absentAs, hasCode } from "../../../src/aws/errors.ts";
import { allPages } from "../../../src/aws/pages.ts";
import type { Identified, ResourceType } from "../../../src/engine/resource.ts";
import { KEPT } from "../kept.ts";
import { NO_TOPIC, topicArn } from "./topic.ts";

export interface SubscriptionSpec {
  readonly topicArn: string;
  readonly email: string;
}
/** `id` is the ARN; while the person has not confirmed, only the answer to Subscribe tells it. */
export interface SubscriptionLive extends SubscriptionSpec, Identified {
  /** The person has followed the link in AWS's mail. Until then no alarm reaches them. */
  readonly confirmed: boolean;
}

const ARROW = " → ";
/** The name of a subscription in the stack: the topic's name, and who is told. */
export const subscriptionName = (topic: string, email: string): string => `${topic}${ARROW}${email}`;
// What SNS lists in place of the ARN until the person confirms.
const PENDING = "PendingConfirmation";

/** That an address gets a topic's messages by mail. Named by `subscriptionName`. Ready at once: to confirm is the person's. */
export const subscription: ResourceType<SubscriptionSpec, SubscriptionLive> = {
  name: "sns:subscription",
  immutable: ["topicArn", "email"],
  patience: { usual: 2, limit: 120, gone: 1 },

  async find(aws, { name }, id) {
    const [topic = "", email = ""] = name.split(ARROW);
    const arn = topicArn(aws, topic);
    const found = await absentAs(NO_TOPIC, () =>
      allPages(
        (NextToken) => aws.sns.listSubscriptionsByTopic({ TopicArn: arn, NextToken }),
        (page) => page.Subscriptions,
        (page) => page.NextToken,
      ),
    );
    const one = found?.find(({ Protocol, Endpoint }) => Protocol === "email" && Endpoint === email);
    if (!one) return undefined;
    const confirmed = one.SubscriptionArn !== PENDING;
    return {
      id: confirmed ? (one.SubscriptionArn as string) : (id ?? `${arn}:${PENDING}`),
      topicArn: arn,
      email,
      confirmed,
    };
  },

  async create(aws, { topicArn: TopicArn, email }) {
    const { SubscriptionArn } = await aws.sns.subscribe({
      TopicArn,
      Protocol: "email",
      Endpoint: email,
      ReturnSubscriptionArn: true,
    });
    return SubscriptionArn as string;
  },

  async delete(aws, { id, confirmed }) {
    // AWS cannot unsubscribe what is not confirmed; it forgets it after two days, or with the topic.
    if (!confirmed) return KEPT;
    try {
      await absentAs(NO_TOPIC, () => aws.sns.unsubscribe({ SubscriptionArn: id }));
    } catch (error) {
      if (
        hasCode(error, "InvalidParameterException", "InvalidParameter") &&
        /pending confirmation/i.test(String(error))
      )
        return KEPT;
      throw error;
    }
  },
};
