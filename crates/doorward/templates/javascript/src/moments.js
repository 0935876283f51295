// Moments. The clock is the host's; the language's own is not there.

export { now } from 'doorward:connector/clock@0.2.0';

const DATE_TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

export function secondsBetween(earlier, later) {
  return Number(later.seconds - earlier.seconds) + (later.nanoseconds - earlier.nanoseconds) / 1e9;
}

/** A date with time, in whole seconds; nothing when it is none. */
export function moment(written) {
  const fitting = DATE_TIME.exec(written ?? '');
  const milliseconds = fitting === null ? NaN : Date.parse(fitting[1] + fitting[2]);
  return Number.isNaN(milliseconds) ? undefined : { seconds: BigInt(milliseconds / 1000), nanoseconds: 0 };
}
