import { sharedServer, startSharedServer } from './shared-server';

/** One PostgreSQL for the whole run, or the one that TEST_POSTGRES_URL already names (a superuser's URL). */
export default async function globalSetup(): Promise<void> {
  if (process.env.TEST_POSTGRES_URL) return;
  sharedServer.current = await startSharedServer();
  process.env.TEST_POSTGRES_URL = sharedServer.current.url;
}
