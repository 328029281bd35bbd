/** The options that every command has, as commander gives them. */
export interface CommonOptions {
  readonly config?: string;
  readonly state?: string;
  readonly profile?: string;
  readonly region?: string;
  readonly sandbox?: boolean;
  readonly sandboxSpeed?: string;
  readonly chaos?: string;
  readonly json?: boolean;
  readonly jsonLines?: boolean;
  readonly color: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly trace?: string;
  readonly concurrency?: number;
  /** The command as it was typed, and the version of the program. */
  readonly typed?: string;
  readonly programVersion?: string;
}
