/** What reading needs to know besides the Pod: fixed for the life of the process. */
export type ReadingContext = {
  readonly prefix: string;
  readonly patternNames: readonly string[];
  readonly agentImage: string;
  readonly allowImage: boolean;
};
