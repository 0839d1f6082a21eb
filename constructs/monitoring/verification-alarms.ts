import { DIMENSIONS, EXIT, METRICS, SCOPES, SEVERITIES } from '../../runtime/contract';
import type { AlarmDefinition, AlarmMetric } from './alarm-definition';
import { fullSilenceHours, gaugePeriod, LATEST_SILENCE_PERIODS, latestSilencePeriod } from './alarm-timing';
import { metric, type WatchedChain } from './watched-chain';

const [, UNPROVEN] = SEVERITIES;
const [FULL, LATEST] = SCOPES;

/** Alarms for verifications that do not run, or come to no verdict. */
export function verificationAlarms(chain: WatchedChain): readonly AlarmDefinition[] {
  return [
    ...(chain.verifyIntervalMinutes === 0 ? [] : latestAlarms(chain)),
    ...(chain.verifyFullIntervalHours === 0 ? [] : fullAlarms(chain)),
  ];
}

function latestAlarms(chain: WatchedChain): readonly AlarmDefinition[] {
  return [
    {
      id: 'LatestNotEvaluated',
      name: 'verify-latest-not-evaluated',
      ...notEvaluated(chain, LATEST),
      periodSeconds: gaugePeriod(chain.verifyIntervalMinutes),
      periods: 2,
      periodsToAlarm: 2,
      missingData: 'ignore',
      description: `Verifications of the newest anchor of chain ${chain.chainId} could not be evaluated, twice in a row. Nothing is known to be wrong, and nothing is proven. First: 'audit-anchor verify --latest' with the verifier's environment names what could not be read: database, bucket, key, permission.`,
    },
    {
      id: 'LatestSilent',
      name: 'verify-latest-silent',
      metric: verificationResult(chain, LATEST),
      statistic: 'SampleCount',
      comparison: 'LessThanThreshold',
      threshold: 1,
      periodSeconds: latestSilencePeriod(chain.verifyIntervalMinutes),
      periods: LATEST_SILENCE_PERIODS,
      periodsToAlarm: LATEST_SILENCE_PERIODS,
      missingData: 'breaching',
      description: `The newest anchor of chain ${chain.chainId} was not verified for three intervals: the verifier does not run. First: 'audit-anchor verify --latest' with the verifier's environment tells whether the chain is sound; then look for stopped verifier tasks and for messages in the dead-letter queue of its schedule. Normal until the first verification.`,
    },
  ];
}

function fullAlarms(chain: WatchedChain): readonly AlarmDefinition[] {
  return [
    {
      id: 'FullNotEvaluated',
      name: 'verify-full-not-evaluated',
      ...notEvaluated(chain, FULL),
      periodSeconds: 300,
      periods: 1,
      periodsToAlarm: 1,
      missingData: 'ignore',
      description: `The full verification of chain ${chain.chainId} could not be evaluated. Nothing is known to be wrong, and nothing is proven about older events. First: 'audit-anchor verify --full' with the verifier's environment names what could not be read: database, bucket, key, permission.`,
    },
    {
      id: 'FullSilent',
      name: 'verify-full-silent',
      metric: verificationResult(chain, FULL),
      statistic: 'SampleCount',
      comparison: 'LessThanThreshold',
      threshold: 1,
      periodSeconds: 3_600,
      periods: fullSilenceHours(chain.verifyFullIntervalHours),
      periodsToAlarm: fullSilenceHours(chain.verifyFullIntervalHours),
      missingData: 'breaching',
      description: `The chain ${chain.chainId} was not verified from end to end for longer than it should be: the full verification does not run, or does not come to an end. First: 'audit-anchor verify --full' with the verifier's environment; then look for stopped verifier tasks and for messages in the dead-letter queue of its schedule. Normal until the first full verification.`,
    },
  ];
}

/** When something could not be looked at; tampering has its own alarm. */
function notEvaluated(chain: WatchedChain, scope: (typeof SCOPES)[number]) {
  const above = { statistic: 'Maximum', comparison: 'GreaterThanThreshold' } as const;
  // The exit code of tampering is the smaller one.
  if (chain.chainFormat === 'v1')
    return { ...above, metric: verificationResult(chain, scope), threshold: EXIT.tampered };
  // That of a sound foreign chain is the larger one, too.
  const dimensions = { [DIMENSIONS.severity]: UNPROVEN, [DIMENSIONS.scope]: scope };
  return { ...above, metric: metric(chain, METRICS.findingsBySeverity, dimensions), threshold: 0 };
}

function verificationResult(chain: WatchedChain, scope: (typeof SCOPES)[number]): AlarmMetric {
  return metric(chain, METRICS.verificationResult, { [DIMENSIONS.scope]: scope });
}
