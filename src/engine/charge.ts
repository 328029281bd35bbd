import type { Price } from "../aws/price.ts";
import type { Band } from "../lib/band.ts";
import type { Identified, ResourceType } from "./resource.ts";

/** Something that an object costs each month. It names its price; the dollars are in the price table. */
export interface Charge {
  /** What is paid for, in words: "root volume". */
  readonly what: string;
  readonly price: Price;
  /**
   * In the price's unit, for a month; of what is paid by the hour, how many at a time. A number is there even when nobody
   * comes, a band depends on use, "unknown" cannot be told from here.
   */
  readonly quantity: number | Band | "unknown";
  readonly note?: string;
  /** The quantity is the whole stack's: objects that name the same charge share it. */
  readonly shared?: true;
  /** Shown under this name, together with others that name it, in place of the object's own. */
  readonly under?: string;
  /** It is there before the stack and stays after it: shown, but in no sum. */
  readonly beside?: true;
  /** The same thing paid for or built in another way, by the name of that way ("reserved", "spot", "standby"): what differs. */
  readonly otherwise?: Readonly<Record<string, Partial<Charge>>>;
}

/** A cost that is in no sum, in words. */
export interface Uncounted {
  readonly uncounted: string;
}

/** A quantity that nobody can know before the month is over, and what is assumed for it. */
export interface Assumption {
  /** What a person calls it: `--usage natGB=20`. */
  readonly name: string;
  /** Why it is assumed so; shown with the estimate. */
  readonly why: string;
  /** The quantities; or words, where they come from the object itself ("min", "desired", "max"). */
  readonly assumed: Band | Readonly<Record<keyof Band, string>>;
}

/** What a type may ask when it says what an object costs. */
export interface Costing {
  /** The object's own name. */
  readonly name: string;
  /** What a person set for an assumption, else `own`, else what is assumed. */
  use(assumption: Assumption, own?: Band): Band;
  /** The spec of another object of the stack, by the id that this one's spec has of it; undefined: there is none. */
  specOf<S extends object, L extends S & Identified>(type: ResourceType<S, L>, id: string): S | undefined;
}
