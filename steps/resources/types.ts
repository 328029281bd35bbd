import type { AnyType } from "../../src/engine/resource.ts";
import { subnet } from "./ec2/subnet.ts";
import { vpc } from "./ec2/vpc.ts";

const all: readonly AnyType[] = [vpc, subnet];

/** Every type that this version knows, by its name in the state file. */
export const types: ReadonlyMap<string, AnyType> = new Map(all.map((type) => [type.name, type]));
