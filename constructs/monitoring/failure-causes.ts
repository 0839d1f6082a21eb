import { type Cause, ENV } from '../../runtime/contract';
import type { AlarmDefinition } from './alarm-definition';

/** What an alarm of failures is called by their cause, what they mean, and what to do when the log line is read. */
export const FAILURE_CAUSES: Readonly<
  Record<Cause, Pick<AlarmDefinition, 'id' | 'name'> & { readonly means: string; readonly then: string }>
> = {
  clock: {
    id: 'ClockSkew',
    name: 'clock-skew',
    means: `the clock of the machine is not that of S3, or is behind the newest anchor, and a wrong time in an anchor would be locked for the whole retention`,
    then: `CLOCK_SKEW says by how much. Start another task, or mend the time synchronisation of the machine ('chronyc tracking'); the next attempt then anchors everything. Never raise a tolerance instead`,
  },
  bucket: {
    id: 'BucketUnfit',
    name: 'bucket-unfit',
    means: `the bucket is missing, is not locked, or does not keep what an anchor needs to be evidence`,
    then: `The code says which: BUCKET_UNFIT names what the endpoint did not keep; the other BUCKET_ codes, a bucket that is gone, in another region or without COMPLIANCE lock. Compare ${ENV.bucket}, ${ENV.region} and ${ENV.s3Endpoint} with the deployment, and ask who changed the bucket. Do not point the writer at another bucket before you know`,
  },
  database: {
    id: 'DatabaseUnfit',
    name: 'database-unfit',
    means: `what it is connected to is not the table to anchor from: a hot standby, a pooler, another database or server, a view, or a table of another shape`,
    then: `The code says which. After a failover ${ENV.databaseUrl} has to name the new primary. A table that was replaced by a view or has other columns is a change that somebody made: ask who, and run 'audit-anchor verify --full' before the writer is told to accept it`,
  },
  access: {
    id: 'AccessRefused',
    name: 'access-refused',
    means: `database or S3 refuse its login, or what it asks for`,
    then: `DB_AUTHENTICATION: was the password rotated? Compare the secret with the database, and start new tasks, which read it anew. DB_PERMISSION_DENIED: the role lacks a grant. S3_CREDENTIALS: the task role is gone. S3_ACCESS_DENIED names the action: look at the task role, the bucket policy and the key policy for what was changed, and by whom`,
  },
};
