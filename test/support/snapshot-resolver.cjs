const path = require('node:path');

const root = path.resolve(__dirname, '../..');

/** Snapshots live in the top-level __snapshots__ folder, which mirrors test/. */
module.exports = {
  resolveSnapshotPath: (testPath, extension) =>
    path.join(root, '__snapshots__', path.relative(path.join(root, 'test'), testPath)) + extension,
  resolveTestPath: (snapshotPath, extension) =>
    path
      .join(root, 'test', path.relative(path.join(root, '__snapshots__'), snapshotPath))
      .slice(0, -extension.length),
  testPathForConsistencyCheck: path.join(root, 'test', 'some', 'example.test.ts'),
};
