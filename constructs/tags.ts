import { Fn, Token } from 'cdktf';

/** Tags of a resource: a map, or a token for one. */
export type Tags = Readonly<Record<string, string>>;

/** The caller's tags with the name of the resource and its purpose, which win over the caller's. */
export function tagsFor(tags: Tags | undefined, name: string, purpose: string): Record<string, string> {
  const own = { Name: name, Purpose: purpose };
  if (tags === undefined) return own;
  return Token.isUnresolved(tags) ? Token.asStringMap(Fn.merge([tags, own])) : { ...tags, ...own };
}
