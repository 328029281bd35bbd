import { BuddyError } from "../lib/errors.ts";
import type { Screen } from "./screen.ts";

/** How interrupted work continues. */
export interface GoingOn {
  /** How things stand until then, as a sentence. */
  readonly meanwhile: string;
  /** The command line that continues where it stopped. */
  readonly line: string;
}

/** While another database takes the primary's place. */
export const PRIMARY_CHANGES =
  "What is done stays: where the old primary is shut off already, the site cannot write until this is done.";

/**
 * Does work that changes things in steps of its own, and says each as it begins. Interrupted, it says which are done, which is not,
 * and how it continues. A session whose purpose says `inSteps` changes nothing outside of it.
 */
export async function inSteps<T>(
  screen: Pick<Screen, "say">,
  { meanwhile, line }: GoingOn,
  act: (say: (step: string) => void) => Promise<T>,
): Promise<T> {
  const begun: string[] = [];
  const say = (step: string) => {
    begun.push(step);
    screen.say(`  ${step}`);
  };
  try {
    return await act(say);
  } catch (error) {
    if (!(error instanceof BuddyError) || error.code !== "interrupted") throw error;
    const underWay = begun.at(-1);
    const done = begun.slice(0, -1);
    throw new BuddyError({
      code: "interrupted",
      message: [
        "interrupted",
        ...(done.length > 0 ? [`Done: ${done.join("; ")}`] : []),
        ...(underWay === undefined ? [] : [`Under way: ${underWay}`]),
      ].join(". "),
      hint: `${meanwhile} To go on where it stopped:\n${line}`,
      cause: error,
    });
  }
}
