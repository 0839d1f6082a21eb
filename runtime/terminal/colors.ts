import pc from 'picocolors';

type Paint = (text: string) => string;

/** Colours by meaning; without colour support each returns its text unchanged. */
export interface Colors {
  readonly enabled: boolean;
  /** Proven or done. */
  readonly good: Paint;
  /** Tampering or failure. */
  readonly bad: Paint;
  /** Not evaluated, or worth a look. */
  readonly warn: Paint;
  /** What a reader may skip. */
  readonly dim: Paint;
  /** What a reader looks for. */
  readonly strong: Paint;
}

/**
 * Whether output to a stream is coloured. NO_COLOR wins over FORCE_COLOR, and both over what the stream is;
 * an empty variable counts as absent, and FORCE_COLOR=0 or false means no.
 */
export function colorsWanted(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

export function createColors(enabled: boolean): Colors {
  const { green, red, yellow, dim, bold } = pc.createColors(enabled);
  return { enabled, good: green, bad: red, warn: yellow, dim, strong: bold };
}
