import type { ClientBase } from 'pg';
import { ConfigError, UnavailableError } from '../../../errors';
import { isServerError } from '../failure';
import { clientFailure } from '../goodbye';

const NO_TRANSACTION = '25P01';
const FAILED_TRANSACTION = '25P02';
const FAILED = 'a transaction that has failed';

function transactionRequired(found: string): ConfigError {
  return new ConfigError('TRANSACTION_REQUIRED', `appendEvents needs an open transaction; found ${found}`, {
    hint: 'Run BEGIN before and COMMIT after it on the same client; a pool itself is no client.',
  });
}

async function requireTransaction(client: ClientBase): Promise<void> {
  // Absent in pg before 8.20.
  const status: string | undefined = (client as Partial<ClientBase>).getTransactionStatus?.() ?? undefined;
  if (status === 'T') return;
  if (status === undefined) {
    try {
      await client.query('SAVEPOINT audit_append');
      await client.query('RELEASE SAVEPOINT audit_append');
      return;
    } catch (error) {
      if (!isServerError(error) || error.code !== NO_TRANSACTION) throw clientFailure(error, client);
    }
  }
  throw transactionRequired(status === 'E' ? FAILED : 'no transaction');
}

/**
 * Runs `use` on a client whose caller has opened a transaction.
 * @throws ConfigError `TRANSACTION_REQUIRED` without one, or when it has failed already
 */
export async function inOpenTransaction<T>(client: ClientBase, use: () => Promise<T>): Promise<T> {
  await requireTransaction(client);
  try {
    return await use();
  } catch (error) {
    // pg reports an error before the status that follows it, so that a failed transaction can still look open.
    const cause = error instanceof UnavailableError ? error.cause : undefined;
    if (isServerError(cause) && cause.code === FAILED_TRANSACTION) throw transactionRequired(FAILED);
    throw error;
  }
}
