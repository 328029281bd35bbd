import type { Safety } from "../safety.ts";

export { GetTopicAttributesCommand, SNSClient as Client } from "@aws-sdk/client-sns";

export const safety: Readonly<Record<string, Safety>> = {};
