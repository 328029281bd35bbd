import { keyPair } from "../src/aws/ec2/key-pair.ts";
import { type Named, nameFor } from "../src/aws/names.ts";
import { KEY_PAIR } from "./inputs.ts";

/** The key pair's name on AWS. */
export const keyPairName = (named: Named): string => nameFor(named, keyPair, KEY_PAIR);
