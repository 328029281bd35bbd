import { webInstances } from "../../../steps/access.ts";
import { KEY_PAIR_KEY } from "../../../steps/inputs.ts";
import { outputsFor } from "../../../steps/outputs.ts";
import { outputsView } from "../../report/views/outputs.ts";
import { lostKey, privateKeyFile } from "../inputs.ts";
import type { CommonOptions } from "../options.ts";
import { again, screenOf } from "../screen.ts";
import { withSession } from "../session.ts";

/** The commands that lead into the machines. */
const INSIDE: readonly (readonly [command: string, own?: readonly string[]])[] = [
  ["ssh web"],
  ["ssh bastion"],
  ["run", ["--", "python", "manage.py", "check"]],
  ["tunnel database"],
  ["logs"],
  ["why"],
];

/** What a person or a script needs to use the stack. */
export async function outputs(options: CommonOptions): Promise<number> {
  return withSession(options, { command: "outputs", writes: false, resolvesAddress: false }, async (session) => {
    const screen = screenOf(session);
    const found = await session.stack.refresh({ orphans: "none" });
    const live = (key: string) => found.entries.get(key)?.look.live;
    const { siteUrl, ...rest } = outputsFor(
      session.config,
      live,
      privateKeyFile(session.paths, options.sandbox ?? false),
      await webInstances(session.stack.run.aws, live),
    );
    const commands =
      rest.Bastions === undefined ? undefined : INSIDE.map(([command, own]) => again(command, options, own));
    const key = lostKey(session, live(KEY_PAIR_KEY));
    if (key !== undefined) screen.say(`! ${key}`);
    const rows = { ...rest, "Into the machines": commands };
    screen.result(outputsView({ Site: siteUrl, ...rows }, screen.look) || "The stack is not up.", { siteUrl, ...rows });
    return 0;
  });
}
