import type { AuditLog, ExclusiveSession } from '../../../runtime/application/ports';
import { UnavailableError } from '../../../runtime/errors';
import { withIdentity } from '../../fakes/standby';
import { Embedded } from '../../support/embedded';

let servers: Embedded;
beforeAll(async () => {
  servers = await Embedded.start();
});
afterAll(() => servers.stop());
beforeEach(() => servers.reset());

function withFlushed(auditLog: AuditLog, flushed: ExclusiveSession['flushed']): AuditLog {
  return new Proxy(auditLog, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'exclusive') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      const exclusive: AuditLog['exclusive'] = (use, options) =>
        target.exclusive((session) => use({ ...session, flushed }), options);
      return exclusive;
    },
  });
}

describe('on a standby', () => {
  it('nothing is written, forced or not, and after a promotion it goes on', async () => {
    await servers.append(2);
    let standby = true;
    const log = servers.auditLog();
    const auditLog: AuditLog = new Proxy(log, {
      get(target, name) {
        const from = standby ? withIdentity(target, { standby: true }) : target;
        const value: unknown = Reflect.get(from, name, from);
        return typeof value === 'function' ? (value.bind(from) as unknown) : value;
      },
    });
    const anchorer = servers.anchorer({ auditLog });
    for (const force of ['manual', 'shutdown'] as const) {
      await expect(anchorer.anchor({ force })).rejects.toMatchObject({ code: 'STANDBY_ANCHORING' });
    }
    await expect(anchorer.anchor()).rejects.toMatchObject({ code: 'STANDBY_ANCHORING' });
    expect(await servers.versions()).toEqual([]);
    standby = false;
    await expect(anchorer.anchor()).resolves.toMatchObject({ kind: 'written' });
    standby = true;
    await expect(anchorer.anchor({ force: 'manual' })).rejects.toMatchObject({ code: 'STANDBY_ANCHORING' });
    expect(await servers.versions()).toHaveLength(1);
  });
});

describe('events that a crash can take back', () => {
  it('are not anchored', async () => {
    await servers.append(2);
    const lost = new UnavailableError('WAL_NOT_FLUSHED', 'not on disk');
    const auditLog = withFlushed(servers.auditLog(), () => Promise.reject(lost));
    await expect(servers.anchorer({ auditLog }).anchor()).rejects.toBe(lost);
    expect(await servers.versions()).toEqual([]);
  });

  it('are anchored once they are on disk, with the position that was reached', async () => {
    await servers.append(2);
    const asked: string[] = [];
    const auditLog = withFlushed(servers.auditLog(), (lsn) => {
      asked.push(lsn);
      return Promise.resolve('0/42');
    });
    await expect(servers.anchorer({ auditLog }).anchor()).resolves.toMatchObject({
      kind: 'written',
      anchor: { db_snapshot_lsn: '0/42' },
    });
    expect(asked).toHaveLength(1);
  });
});
