import type { Narrowed, PolicyScope } from "../permissions.ts";

/**
 * The stack's topics by their names, which no other in the account and region can have. A subscription is made on its topic, but
 * ended on none: Unsubscribe has no type of resource (Service Authorization Reference, Amazon SNS).
 */
export const narrowed = ({ region, arn, inputs }: PolicyScope): readonly Narrowed[] => [
  {
    takes: (action) => action !== "Unsubscribe",
    statements: [
      {
        Sid: "Topics",
        Resource: [...new Set(inputs("CreateTopic").map(({ Name }) => String(Name)))].map((name) =>
          arn(`sns:${region}:*:${name}`),
        ),
      },
    ],
  },
];
