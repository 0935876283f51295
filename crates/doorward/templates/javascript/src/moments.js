// Moments. The clock is the host's; the language's own is not there.

export { now } from 'doorward:connector/clock@0.2.0';

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})$/;

export function secondsBetween(earlier, later) {
  return Number(later.seconds - earlier.seconds) + (later.nanoseconds - earlier.nanoseconds) / 1e9;
}

/** A date with time, as the service writes it; nothing when it is none. */
export function moment(written) {
  const milliseconds = written !== undefined && DATE_TIME.test(written) ? Date.parse(written) : NaN;
  return Number.isNaN(milliseconds) ? undefined : { seconds: BigInt(milliseconds / 1000), nanoseconds: 0 };
}
