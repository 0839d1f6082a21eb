import type { App } from 'cdktf';

/**
 * The notes that constructs made while they were synthesised, one text each. The cdktf CLI shows them by
 * itself.
 */
export function annotationsOf(app: App): string[] {
  return app.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata.map(({ type, data }) => ({ path: node.path, type, data: String(data) })),
    )
    .filter(({ type }) => type.startsWith('@cdktf/'))
    .map(({ path, data }) => `${path}: ${data}`);
}
