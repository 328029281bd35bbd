import {
  InvalidParameterException,
  ListSubscriptionsByTopicCommand,
  ListTagsForResourceCommand,
  NotFoundException,
  ResourceNotFoundException,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { subscription, subscriptionName } from "../../../src/aws/sns/subscription.ts";
import { topic } from "../../../src/aws/sns/topic.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const sns = mocked(SNSClient);
beforeEach(() => sns.reset());

const TOPIC = "arn:aws:sns:ap-northeast-2:111122223333:Buddy-Alarms";
const EMAIL = "ops@example.com";
const fault = { $metadata: { httpStatusCode: 404, attempts: 1 } };
const asked = { discardData: false, label: "" };

describe("topic", () => {
  const owner = ownerOf("topic", "Buddy-Alarms");

  test("its ARN is known from its name; the tags say whose it is", async () => {
    sns.on(ListTagsForResourceCommand).resolves({ Tags: awsTags("topic", "Buddy-Alarms") });
    expect(await topic.find(aws, owner)).toMatchObject({ id: TOPIC });
    expect(sns.calls()).toHaveLength(1);
    sns.on(ListTagsForResourceCommand).resolves({ Tags: [] });
    await expect(topic.find(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
    sns.on(ListTagsForResourceCommand).rejects(new ResourceNotFoundException({ message: "no", ...fault }));
    expect(await topic.find(aws, owner)).toBeUndefined();
  });
});

describe("subscription", () => {
  const owner = ownerOf("subscription", subscriptionName("Buddy-Alarms", EMAIL));
  const listed = (SubscriptionArn: string, Endpoint = EMAIL) => {
    sns
      .on(ListSubscriptionsByTopicCommand)
      .resolves({ Subscriptions: [{ SubscriptionArn, Protocol: "email", Endpoint }] });
    return subscription.find(aws, owner);
  };

  test("one that waits to be confirmed is there: it is not asked for again", async () => {
    const pending = await listed("PendingConfirmation");
    expect(pending).toMatchObject({ confirmed: false, topicArn: TOPIC, email: EMAIL });
    const confirmed = await listed(`${TOPIC}:1`);
    expect(confirmed).toMatchObject({ confirmed: true, arn: `${TOPIC}:1` });
    expect(confirmed?.id).toBe(pending?.id);
    expect(await listed(`${TOPIC}:1`, "else@example.com")).toBeUndefined();
    sns.on(ListSubscriptionsByTopicCommand).rejects(new NotFoundException({ message: "no", ...fault }));
    expect(await subscription.find(aws, owner)).toBeUndefined();
  });

  test("its id is the same before and after", async () => {
    sns.on(SubscribeCommand).resolves({ SubscriptionArn: `${TOPIC}:1` });
    const id = await subscription.create?.(aws, { topicArn: TOPIC, email: EMAIL }, owner, "t");
    expect(id).toBe((await listed("PendingConfirmation"))?.id);
    expect(sns.commandCalls(SubscribeCommand)[0]?.args[0].input.ReturnSubscriptionArn).toBe(true);
  });

  test("an unconfirmed one cannot be unsubscribed: it stays, which is said by its own id", async () => {
    const pending = await listed("PendingConfirmation");
    expect(pending && (await subscription.delete?.(aws, pending, asked))).toBe(pending?.id);
    expect(sns.commandCalls(UnsubscribeCommand)).toEqual([]);
    const confirmed = await listed(`${TOPIC}:1`);
    if (!confirmed) throw new Error("not found");
    sns.on(UnsubscribeCommand).resolves({});
    expect(await subscription.delete?.(aws, confirmed, asked)).toBeUndefined();
    const other = new InvalidParameterException({ message: "Invalid parameter: SubscriptionArn", ...fault });
    sns.on(UnsubscribeCommand).rejects(other);
    await expect(subscription.delete?.(aws, confirmed, asked)).rejects.toBe(other);
  });
});
