import type { LogLevel, RolldownLog } from 'rolldown';

export function warningsAreErrors(
  level: LogLevel,
  log: RolldownLog,
  pass: (level: LogLevel, log: RolldownLog) => void,
): void {
  if (level === 'warn') throw new Error(log.message);
  pass(level, log);
}
