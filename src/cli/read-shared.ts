import type { Config } from "../config/schema.ts";
import type { Text } from "../state/file.ts";
import { withConnection } from "./connection.ts";
import type { CommonOptions } from "./options.ts";
import type { Paths } from "./paths.ts";
import { type SharedPlace, sharedTexts } from "./state-place.ts";

/** A state and its history as S3 has them now, for who only looks. */
export const readShared = (
  options: CommonOptions,
  paths: Paths,
  config: Config,
  place: SharedPlace,
): Promise<{ readonly state: Text; readonly history: Text }> =>
  withConnection({ options, paths, config, writes: false }, async ({ aws }) => {
    const { state, history } = sharedTexts(aws, place);
    const read = async ({ path, read: ask }: typeof state): Promise<Text> => {
      const found = await ask();
      return { path, read: () => found?.text, write() {} };
    };
    const [stateText, historyText] = await Promise.all([read(state), read(history)]);
    return { state: stateText, history: historyText };
  });
