/** Replaced by the embedded PostgreSQL set-up. */
export default async function globalSetup(): Promise<void> {}
