/** A range of events that an anchor attests, or is about to. */
export interface Checkpoint {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** What the anchor says of the last event; null when there is no anchor yet. */
  readonly lastHash: string | null;
  /** What the anchor says of the range; null when there is no anchor yet, or its body cannot be read. */
  readonly merkleRoot: string | null;
  /**
   * Column list of a foreign chain that the range was read with.
   *
   * @default - the one that messages cover now, or that of its neighbours where the body cannot be read
   */
  readonly columns?: string | undefined;
  readonly anchor: { readonly key: string; readonly versionId: string; readonly seq: number } | null;
}
