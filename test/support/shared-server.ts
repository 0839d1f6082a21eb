import type { EmbeddedPostgres } from '../../runtime/embedded/postgres/start';

/** Set-up and teardown run in one process but are two modules; this is what one tells the other. */
export const sharedServer: { current?: EmbeddedPostgres } = {};
