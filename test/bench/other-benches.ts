/** Benches of other things than verification, each a program of its own with options of its own. */
export const OTHER_BENCHES = ['append', 'anchors', 'start-up'] as const;

/** `--only append` and the like: the program that is meant and the options left for it; null for none of them. */
export function otherBench(
  args: readonly string[],
): { readonly program: string; readonly args: readonly string[] } | null {
  const at = args.findIndex((arg) => arg === '--only' || arg.startsWith('--only='));
  if (at < 0) return null;
  const inOne = args[at]?.slice('--only='.length);
  const name = inOne || args[at + 1];
  const program = OTHER_BENCHES.find((other) => other === name);
  if (program === undefined) return null;
  return { program: `${program}.ts`, args: [...args.slice(0, at), ...args.slice(at + (inOne ? 1 : 2))] };
}
