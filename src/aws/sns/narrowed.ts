import type { Narrowed, PolicyScope } from "../permissions.ts";

/** The stack's topics by their names, which no other in the account and region can have. A subscription is checked on its topic. */
export const narrowed = ({ region, arn, inputs }: PolicyScope): readonly Narrowed[] => [
  {
    takes: () => true,
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
