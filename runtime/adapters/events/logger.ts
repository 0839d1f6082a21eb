import type { Logger } from 'pino';
import pino from 'pino';

/**
 * JSON lines with the level as a word and the time as ISO 8601.
 * @param output where they go, for example `process.stdout`
 * @param quiet only warnings and worse
 */
export function createLogger(output: { write(text: string): unknown }, quiet: boolean): Logger {
  return pino(
    {
      base: null,
      level: quiet ? 'warn' : 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    output,
  );
}
