import type { Safety } from "../safety.ts";

export {
  CreateTopicCommand,
  DeleteTopicCommand,
  ListSubscriptionsByTopicCommand,
  ListTagsForResourceCommand,
  SNSClient as Client,
  SubscribeCommand,
  TagResourceCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";

export const safety: Readonly<Record<string, Safety>> = {
  CreateTopic: "name",
  TagResource: "same",
  DeleteTopic: "same",
  // A repeat sends the person another mail.
  Subscribe: "look",
  Unsubscribe: "same",
};
