import { historyOf, type Release } from "../../releases/history.ts";
import { heading } from "../../report/views/heading.ts";
import { releasesView } from "../../report/views/releases.ts";
import type { CommonOptions } from "../options.ts";
import { screenOf } from "../screen.ts";
import { withSession } from "../session.ts";

/** Lists the releases that AWS still has. */
export async function releases(options: CommonOptions): Promise<number> {
  return withSession(options, { command: "releases", writes: false, resolvesAddress: false }, async (session) => {
    const screen = screenOf(session);
    const all = (await historyOf(session.stack))?.releases ?? [];
    screen.result([heading(screen.place, screen.look), releasesView(all, screen.look)].join("\n\n"), {
      releases: all.map(plain),
    });
    return 0;
  });
}

const plain = ({ version, current, result, reason, seconds, imageThere }: Release) => ({
  number: version.number,
  current,
  at: new Date(version.createdAt).toISOString(),
  by: version.createdBy,
  brings: version.release,
  ...(version.back ? { back: version.back } : {}),
  image: version.imageId,
  imageThere,
  result,
  ...(reason === "" ? {} : { reason }),
  seconds: seconds ?? null,
});
