import { rotationOf } from "../../../steps/rotate.ts";
import { spelled } from "../../lib/duration.ts";
import { list } from "../../lib/text.ts";
import { rotatePassword } from "../../recovery/rotate-password.ts";
import { heading } from "../../report/views/heading.ts";
import { commandsOf } from "../../verify/aws/commands.ts";
import { machinesBy } from "../../verify/machines.ts";
import { confirm, requireConsent } from "../ask.ts";
import { inSteps } from "../in-steps.ts";
import type { CommonOptions } from "../options.ts";
import { again, screenOf } from "../screen.ts";
import { withSession } from "../session.ts";

export interface RotateOptions extends CommonOptions {
  readonly yes?: boolean;
}

/** Gives the databases a new password. Run again, it continues what was interrupted. */
export async function rotate(what: "password", options: RotateOptions): Promise<number> {
  const goOn = again("rotate", options, [what]);
  requireConsent("rotate", options.yes ?? false, goOn);
  const purpose = { command: "rotate", writes: true, resolvesAddress: false, inSteps: true };
  return withSession(options, purpose, async (session) => {
    const { aws, clock, stack, interrupted } = session;
    const screen = screenOf(session);
    const commands = commandsOf(aws);
    const rotation = await rotationOf(stack, { machines: machinesBy(commands, clock, stack.run.signal), commands });
    screen.say(heading(screen.place, screen.errLook));
    screen.say(
      `${rotation.begun ? `Finishes the rotation of the password of ${rotation.primary}.` : `${rotation.primary} gets a new password.`} MySQL takes both until each web instance uses the new one, so no request fails; then the old one is taken away, also from whoever else uses it. The new one is in ${rotation.parameterName}.`,
    );
    if (!(await confirm(options.yes ?? false, interrupted))) {
      screen.say("Nothing was changed.");
      return 0;
    }
    const began = clock.now();
    const meanwhile = "Each web instance has a password that the databases take.";
    const { instances } = await inSteps(screen, { meanwhile, line: goOn }, (say) => rotatePassword(rotation, say));
    const seconds = Math.round((clock.now() - began) / 1_000);
    screen.result(
      `The password is rotated, in ${spelled(seconds)}: ${list(instances)} ${instances.length === 1 ? "uses" : "use"} the new one, and ${rotation.primary} no longer takes the old one.`,
      { rotated: what, instances, seconds },
    );
    return 0;
  });
}
