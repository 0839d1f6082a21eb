import { ConfigError, UnavailableError } from '../../../runtime/errors';
import { Daemon, reportOf } from '../../support/daemon';

const unreachable = (): UnavailableError => new UnavailableError('S3_UNREACHABLE', 'S3 is not there');

describe('verification', () => {
  test('full at the start, then the newest anchor each interval, full again after so many hours', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 60, verifyFullIntervalHours: 3 });
    daemon.clock.set('2030-01-15T14:20:00Z');
    await daemon.until('20:30:00');
    expect(daemon.verifications).toEqual([
      { kind: 'full', time: '14:20:00' },
      { kind: 'latest', time: '15:00:00' },
      { kind: 'latest', time: '16:00:00' },
      { kind: 'latest', time: '17:00:00' },
      { kind: 'full', time: '18:00:00' },
      { kind: 'latest', time: '19:00:00' },
      { kind: 'latest', time: '20:00:00' },
    ]);
  });

  test('its own interval', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 30 });
    await daemon.until('15:20:00');
    expect(daemon.verifications.map(({ time }) => time)).toEqual(['14:00:00', '14:30:00', '15:00:00']);
  });

  test('switched off by 0', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 0 });
    expect(await daemon.until('20:00:00')).toMatchObject({ verifications: 0 });
    expect(daemon.verifications).toEqual([]);
  });

  test('a login that is refused, also of a database that only verification reads', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 60 });
    const seen: (number | null)[] = [];
    const look = (): void => void seen.push(daemon.service.state.loginRefusedSince);
    daemon.verify = () => Promise.reject(new ConfigError('DB_AUTHENTICATION', 'no'));
    daemon.at('14:10:00', look).at('15:10:00', look);
    daemon.at('15:30:00', () => (daemon.verify = () => Promise.resolve(reportOf('verified'))));
    daemon.at('16:10:00', look);
    await daemon.until('16:20:00');
    const first = Date.parse('2030-01-15T14:00:00Z');
    expect(seen).toEqual([first, first, null]);
  });

  test('a failure is told, and a full one that failed is tried again at the next step', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 60 });
    daemon.verify = () => Promise.reject(unreachable());
    daemon.at('14:30:00', () => (daemon.verify = () => Promise.resolve(reportOf('verified'))));
    expect(await daemon.until('16:10:00')).toMatchObject({ verifications: 2 });
    expect(daemon.verifications.map(({ kind }) => kind)).toEqual(['full', 'full', 'latest']);
    expect(daemon.told.filter((told) => told.startsWith('verif'))).toEqual([
      'verification: S3_UNREACHABLE',
      'verified',
      'verified',
    ]);
  });

  test('one at a time; a long one delays no anchor, and the next follows it', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 60 });
    let finish: () => void = () => undefined;
    daemon.verify = () => new Promise((resolve) => (finish = () => resolve(reportOf('verified'))));
    daemon.at('16:20:00', () => {
      daemon.verify = () => Promise.resolve(reportOf('verified'));
      finish();
    });
    await daemon.until('16:40:00');
    expect(daemon.verifications.map(({ time }) => time)).toEqual(['14:00:00', '16:20:00']);
    expect(daemon.anchorer.written.map(({ time }) => time)).toEqual(['14:00:00', '15:00:00', '16:00:00']);
  });

  test('one under way is given up on the way out', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 60 });
    daemon.verify = (_kind, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    expect(await daemon.until('14:10:00')).toMatchObject({ verifications: 0, shutdownProblem: null });
    expect(daemon.told).toEqual(['written', 'not due']);
  });

  test('a defect inside of it ends the run', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 60 });
    daemon.verify = () => Promise.reject(new TypeError('x is not a function'));
    await expect(daemon.until('14:40:00')).rejects.toThrow('x is not a function');
  });

  test('a defect of the last moment is raised after the last anchor', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 60 });
    let fail: () => void = () => undefined;
    daemon.verify = () =>
      new Promise((_, reject) => (fail = () => reject(new TypeError('x is not a function'))));
    daemon.at('14:39:59', () => {
      daemon.anchorer.head = { ...daemon.anchorer.head, index: 15 };
      fail();
    });
    await expect(daemon.until('14:39:59')).rejects.toThrow('x is not a function');
    expect(daemon.anchorer.written[1]).toMatchObject({ trigger: 'shutdown' });
  });
});
