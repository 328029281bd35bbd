import * as acm from "@aws-sdk/client-acm";
import * as autoScaling from "@aws-sdk/client-auto-scaling";
import * as backup from "@aws-sdk/client-backup";
import * as cloudWatch from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as ec2 from "@aws-sdk/client-ec2";
import * as efs from "@aws-sdk/client-efs";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import * as iam from "@aws-sdk/client-iam";
import * as rds from "@aws-sdk/client-rds";
import * as route53 from "@aws-sdk/client-route-53";
import * as s3 from "@aws-sdk/client-s3";
import * as sns from "@aws-sdk/client-sns";
import * as ssm from "@aws-sdk/client-ssm";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { statusOf } from "../../src/engine/status.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { type Extras, lookAround } from "../../src/residuals/extras.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { type Stage, stage, stageOn } from "../lifecycle/stage.ts";
import { stranger } from "../stranger.ts";

const SDK = { acm, autoScaling, backup, cloudWatch, logs, ec2, efs, elb, iam, rds, route53, s3, sns, ssm } as const;
type Service = keyof typeof SDK;
// biome-ignore lint/suspicious/noExplicitAny: any command of any service
type Call = (operation: string, input: Readonly<Record<string, unknown>>) => Promise<any>;

/** Somebody else's, in the account of a stack that stands. */
export type Hand = { readonly [S in Service]: Call } & {
  readonly on: Stage;
  /** The id of the stack's object. */
  id(key: string): string;
  /** Time goes by: reads show what was done. */
  wait(seconds: number): Promise<void>;
};

const GIVEN = { monitoring: { email: "ops@example.com" } };

/** A stack that is up, to be stood up again as often as needed, each time as it was. */
export interface Standing {
  again(): Promise<Hand>;
}

export async function standing(): Promise<Standing> {
  const first = await stage(GIVEN);
  await first.up();
  await first.clock.sleep(3_600_000);
  first.sandbox.settle();
  const { world } = first.sandbox;
  const kept = JSON.stringify(world);
  const time = first.clock.now();
  const state = first.text.text;
  return {
    async again() {
      const clock = jumpingClock(time);
      const sandbox = openSandbox({ world: JSON.parse(kept), clock });
      const text = memoryText(state);
      const on = await stageOn(
        parseConfig(GIVEN, "test.config.json"),
        clock,
        sandbox,
        text,
        undefined,
        undefined,
        undefined,
        {
          replace: true,
          allowOutage: true,
        },
      );
      const who = stranger(sandbox);
      const calls = Object.fromEntries(
        (Object.keys(SDK) as Service[]).map((service): [string, Call] => [
          service,
          async (operation, input) => {
            // biome-ignore lint/suspicious/noExplicitAny: see above
            const [module, client] = [SDK[service], who[service]] as any;
            return client.send(new module[`${operation}Command`](input));
          },
        ]),
      ) as { [S in Service]: Call };
      return {
        ...calls,
        on,
        id(key) {
          const found = on.store.get(key)?.id;
          if (found === undefined) throw new Error(`the stack has no ${key}`);
          return found;
        },
        wait: (seconds) => clock.sleep(seconds * 1_000),
      };
    },
  };
}

/** All that `status` tells, and what it does not count as in sync. */
export async function told({ on }: Hand): Promise<{
  readonly off: Awaited<ReturnType<Stage["status"]>>;
  readonly extras: Extras;
}> {
  const { seen, extras } = await lookAround(on.config.stack, on.stack);
  return { off: statusOf(seen).filter(({ standing }) => standing !== "in-sync"), extras };
}
