import { finding } from '../../../runtime/domain/findings/finding';
import { ConfigError, UnavailableError } from '../../../runtime/errors';
import { Daemon, reportOf, truncated } from '../../support/daemon';

const unreachable = (): UnavailableError => new UnavailableError('S3_UNREACHABLE', 'S3 is not there');

function move(daemon: Daemon, index: number, keyId = 'k1'): () => void {
  return () => {
    daemon.anchorer.head = { ...daemon.anchorer.head, index, keyId };
  };
}

describe('triggers', () => {
  test('at the start, then on the grid', async () => {
    const daemon = new Daemon();
    daemon.clock.set('2030-01-15T14:10:03Z');
    expect(await daemon.until('16:30:00')).toEqual({
      anchorsWritten: 3,
      verifications: 0,
      tampered: false,
      shutdownProblem: null,
    });
    expect(daemon.anchorer.written).toMatchObject([
      { trigger: 'interval', time: '14:10:03' },
      { trigger: 'interval', time: '15:00:00' },
      { trigger: 'interval', time: '16:00:00' },
    ]);
  });

  test('on time also when the poll interval is longer than what is left', async () => {
    const daemon = new Daemon({ intervalMinutes: 15, pollSeconds: 3_600 });
    await daemon.until('14:31:00');
    expect(daemon.anchorer.written.map(({ time }) => time)).toEqual(['14:00:00', '14:15:00', '14:30:00']);
  });

  test('the threshold, within a poll interval', async () => {
    const daemon = new Daemon();
    daemon.at('14:20:01', move(daemon, 109)).at('14:25:01', move(daemon, 110));
    await daemon.until('14:40:00');
    expect(daemon.anchorer.written.slice(1)).toEqual([{ trigger: 'events', time: '14:25:05', lastSeq: 110 }]);
  });

  test('a new key, within a poll interval', async () => {
    const daemon = new Daemon();
    daemon.at('14:20:01', move(daemon, 11, 'k2'));
    await daemon.until('14:40:00');
    expect(daemon.anchorer.written.slice(1)).toEqual([
      { trigger: 'key_rotation', time: '14:20:05', lastSeq: 11 },
    ]);
  });

  test('while nothing is due the bucket is left alone', async () => {
    const daemon = new Daemon();
    await daemon.until('14:40:00');
    // One at the start, one on the way out.
    expect(daemon.anchorer.attempts).toBe(2);
  });

  test('on the way out when events are unanchored, and only then', async () => {
    const quiet = new Daemon();
    await quiet.until('14:40:00');
    expect(quiet.anchorer.written).toHaveLength(1);
    const busy = new Daemon();
    busy.at('14:39:59', move(busy, 15));
    expect(await busy.until('14:40:00')).toMatchObject({ anchorsWritten: 2, shutdownProblem: null });
    expect(busy.anchorer.written[1]).toMatchObject({ trigger: 'shutdown', lastSeq: 15 });
  });

  test('asked to stop before it began: still a last anchor', async () => {
    const daemon = new Daemon();
    const stop = new AbortController();
    stop.abort();
    expect(await daemon.service.run(stop.signal)).toMatchObject({ anchorsWritten: 1 });
  });
});

describe('failures', () => {
  test('a failed write is tried again, later and later, and the trigger is not lost', async () => {
    const daemon = new Daemon();
    daemon.at('14:20:01', () => {
      move(daemon, 11, 'k2')();
      daemon.anchorer.failures = Array.from({ length: 6 }, unreachable);
    });
    const times: string[] = [];
    const anchor = daemon.anchorer.anchor.bind(daemon.anchorer);
    daemon.anchorer.anchor = (request) => {
      times.push(daemon.time());
      return anchor(request);
    };
    await daemon.until('14:50:00');
    // 5 s poll, then 10, 20, 40 and never more than 60 s.
    expect(times.slice(1, -1)).toEqual([
      '14:20:05',
      '14:20:15',
      '14:20:35',
      '14:21:15',
      '14:22:15',
      '14:23:15',
      '14:24:15',
    ]);
    expect(daemon.anchorer.written[1]).toMatchObject({ trigger: 'key_rotation', time: '14:24:15' });
    expect(daemon.told).toEqual([
      'written',
      ...Array<string>(6).fill('S3_UNREACHABLE'),
      'written',
      'not due',
    ]);
  });

  test('the state says why, until it is over', async () => {
    const daemon = new Daemon();
    const seen: (string | null)[] = [];
    const look = (): void => void seen.push(daemon.service.state.anchorProblem);
    daemon.anchorer.failures = [unreachable(), unreachable()];
    daemon.at('14:00:05', look).at('14:00:20', look).at('14:05:00', look);
    await daemon.until('14:10:00');
    expect(seen).toEqual(['S3 is not there', 'S3 is not there', null]);
  });

  test.each(['DB_AUTHENTICATION', 'S3_CREDENTIALS'] as const)(
    '%s: the state says since when',
    async (code) => {
      const daemon = new Daemon();
      const refused = (): ConfigError => new ConfigError(code, 'not with this password');
      const seen: (number | null)[] = [];
      const look = (): void => void seen.push(daemon.service.state.loginRefusedSince);
      daemon.anchorer.failures = [refused(), refused()];
      daemon.at('14:00:05', look).at('14:00:20', look).at('14:05:00', look);
      daemon.at('14:59:59', () => (daemon.anchorer.failures = [refused(), unreachable()]));
      daemon.at('15:00:01', look).at('15:00:11', look);
      await daemon.until('15:10:00');
      const [first, again] = ['2030-01-15T14:00:00Z', '2030-01-15T15:00:00Z'].map((time) => Date.parse(time));
      expect(seen).toEqual([first, first, null, again, null]);
    },
  );

  test('the last anchor cannot be written: said, told, and no success', async () => {
    const daemon = new Daemon();
    daemon.at('14:39:59', () => {
      move(daemon, 15)();
      daemon.anchorer.failures = [unreachable()];
    });
    expect(await daemon.until('14:40:00')).toMatchObject({
      shutdownProblem: 'S3 is not there',
      tampered: false,
    });
    expect(daemon.told).toEqual(['written', 'S3_UNREACHABLE']);
  });

  test.each([
    ['while it runs', '14:10:00'],
    ['on the way out', '14:39:59'],
  ])('a defect %s is raised, not taken for trouble outside', async (_, time) => {
    const daemon = new Daemon();
    daemon.at(time, () => {
      move(daemon, 500)();
      daemon.anchorer.failures = [new TypeError('x is not a function')];
    });
    await expect(daemon.until('14:40:00')).rejects.toThrow(new TypeError('x is not a function'));
  });
});

describe('tampering', () => {
  test('a refusal is told once, looked at again with growing pauses, and ends the run with it', async () => {
    const daemon = new Daemon();
    daemon.at('14:20:01', () => {
      move(daemon, 500)();
      daemon.anchorer.refusal = [truncated(5)];
    });
    const summary = await daemon.until('14:40:00');
    expect(summary).toMatchObject({ tampered: true, shutdownProblem: 'cut off', anchorsWritten: 1 });
    expect(daemon.told.slice(0, 3)).toEqual(['written', 'refused', 'refused again']);
    expect(new Set(daemon.told.slice(2))).toEqual(new Set(['refused again']));
    expect(daemon.told).toHaveLength(daemon.anchorer.attempts);
    expect(daemon.anchorer.attempts).toBeGreaterThan(15);
    expect(daemon.anchorer.attempts).toBeLessThan(30);
    expect(daemon.service.state.anchorProblem).toBe('cut off');
  });

  test('other findings are told again; mended, it goes on', async () => {
    const daemon = new Daemon();
    const other = finding({
      code: 'EVENT_LINK',
      place: { kind: 'events', from: 3, to: 3 },
      message: 'forged',
    });
    daemon
      .at('14:20:01', () => {
        move(daemon, 500)();
        daemon.anchorer.refusal = [truncated(5)];
      })
      .at('14:25:00', () => (daemon.anchorer.refusal = [other]))
      .at('14:30:00', () => (daemon.anchorer.refusal = null));
    expect(await daemon.until('14:40:00')).toMatchObject({ tampered: false, shutdownProblem: null });
    expect(daemon.told.filter((told) => told !== 'refused again')).toEqual([
      'written',
      'refused',
      'refused',
      'written',
      'not due',
    ]);
    expect(daemon.anchorer.written[1]).toMatchObject({ trigger: 'events' });
  });

  test('what could not be evaluated is a problem, not tampering', async () => {
    const daemon = new Daemon();
    daemon.anchorer.refusal = [
      finding({ code: 'KEY_UNKNOWN', place: { kind: 'events', from: 1, to: 9 }, message: 'no key' }),
    ];
    expect(await daemon.until('14:05:00')).toMatchObject({ tampered: false, shutdownProblem: 'no key' });
  });

  test('the last verification decides too', async () => {
    const daemon = new Daemon({ verifyIntervalMinutes: 60 });
    daemon.verify = () => Promise.resolve(reportOf('tampered'));
    expect(await daemon.until('14:05:00')).toMatchObject({ tampered: true, verifications: 1 });
    expect(daemon.service.state.lastVerification).toEqual({
      verdict: 'tampered',
      at: '2030-01-15T14:00:00Z',
    });
  });
});

describe('on the way out', () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const notDone = { tampered: false, shutdownProblem: 'not done after 0.02 s' };

  test('a last anchor that does not end is given up', async () => {
    const daemon = new Daemon({ lastAnchorMillis: 20 });
    daemon.at('14:00:30', () => (daemon.anchorer.anchor = never));
    expect(await daemon.until('14:01:00')).toMatchObject({ ...notDone, anchorsWritten: 1 });
    expect(daemon.told).toEqual(['written', 'INTERRUPTED']);
  });

  test('a last anchor that heeds its deadline says what became of it', async () => {
    const daemon = new Daemon({ lastAnchorMillis: 20 });
    daemon.at('14:00:30', () => {
      daemon.anchorer.anchor = ({ signal } = {}) =>
        new Promise((_, reject) => {
          const doubt = new UnavailableError('PUT_UNRESOLVED', 'no definite answer');
          signal?.addEventListener('abort', () => setTimeout(() => reject(doubt), 10));
        });
    });
    expect(await daemon.until('14:01:00')).toMatchObject({ shutdownProblem: 'no definite answer' });
    expect(daemon.told).toEqual(['written', 'PUT_UNRESOLVED']);
  });

  test.each([
    ['an attempt', (daemon: Daemon) => (daemon.anchorer.anchor = never)],
    ['a verification', (daemon: Daemon) => (daemon.verify = never)],
  ])('%s under way that does not end is given up', async (_what, hang) => {
    const daemon = new Daemon({ lastAnchorMillis: 20, verifyIntervalMinutes: 60 });
    hang(daemon);
    const stop = new AbortController();
    const running = daemon.service.run(stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await running).toMatchObject(notDone);
  });
});

describe('gauges', () => {
  test('once a minute: age and lock of the newest anchor, and the unanchored events, as they grow', async () => {
    const daemon = new Daemon();
    daemon.anchorer.lockedForDays = 400;
    daemon.at('14:01:30', move(daemon, 17)).at('14:02:30', move(daemon, 30));
    await daemon.until('14:03:30');
    expect(daemon.gauges).toEqual([
      { anchorAgeSeconds: 0, unanchoredEvents: 0, retentionDaysLeft: 400 },
      { anchorAgeSeconds: 60, unanchoredEvents: 0, retentionDaysLeft: 399.99 },
      { anchorAgeSeconds: 120, unanchoredEvents: 7, retentionDaysLeft: 399.99 },
      { anchorAgeSeconds: 180, unanchoredEvents: 20, retentionDaysLeft: 399.99 },
    ]);
  });

  test('while the database cannot be read nobody knows how many events are unanchored', async () => {
    const daemon = new Daemon();
    daemon.at('14:00:30', () => {
      daemon.anchorer.unreachable = true;
      move(daemon, 500)();
    });
    await daemon.until('14:01:30');
    expect(daemon.gauges).toMatchObject([
      { anchorAgeSeconds: 0, unanchoredEvents: 0 },
      { unanchoredEvents: null },
    ]);
    expect(daemon.gauges[1]?.anchorAgeSeconds).toBeGreaterThanOrEqual(60);
  });

  test.each([
    ['are refused', (daemon: Daemon) => (daemon.anchorer.refusal = [truncated(1)])],
    ['fail', (daemon: Daemon) => (daemon.anchorer.failures = Array.from({ length: 999 }, unreachable))],
  ])('while attempts %s it is told how many events wait, and the number grows', async (_what, spoil) => {
    const daemon = new Daemon();
    daemon.at('14:00:30', () => {
      spoil(daemon);
      move(daemon, 500)();
    });
    daemon.at('14:30:00', move(daemon, 800)).at('14:45:00', () => (daemon.anchorer.unreachable = true));
    await daemon.until('14:55:00');
    const told = daemon.gauges.map(({ unanchoredEvents }) => unanchoredEvents);
    expect(told.slice(0, 2)).toEqual([0, 490]);
    expect(told.length).toBeGreaterThan(40);
    // What was known before is not told of a database that cannot be read any more.
    expect([...new Set(told)]).toEqual([0, 490, 790, null]);
  });

  test('of the first look, which fails when it has seen them', async () => {
    const daemon = new Daemon();
    daemon.anchorer.anchor = ({ onSeen } = {}) => {
      onSeen?.({ newest: null, unanchored: 10 });
      return Promise.reject(unreachable());
    };
    await daemon.until('14:01:30');
    expect(daemon.gauges.map(({ unanchoredEvents }) => unanchoredEvents)).toEqual([10, 10]);
  });

  test('nothing known yet: no numbers', async () => {
    const daemon = new Daemon();
    daemon.anchorer.failures = [unreachable()];
    await daemon.until('14:00:05');
    expect(daemon.gauges).toEqual([
      { anchorAgeSeconds: null, unanchoredEvents: null, retentionDaysLeft: null },
    ]);
  });

  test('verifying a long range before its anchor is a sign of life', async () => {
    const daemon = new Daemon();
    const anchor = daemon.anchorer.anchor.bind(daemon.anchorer);
    daemon.anchorer.anchor = (request = {}) => {
      daemon.clock.advanceMinutes(30);
      request.onProgress?.(1_000_000);
      expect(daemon.service.state.lastTick).toBe(daemon.clock.now());
      return anchor(request);
    };
    await daemon.until('15:40:00');
    expect(daemon.anchorer.written.length).toBeGreaterThan(1);
    // Told in the middle of the second one: the first was written an hour before.
    expect(daemon.gauges.map(({ anchorAgeSeconds }) => anchorAgeSeconds)).toContain(3600);
  });
});
