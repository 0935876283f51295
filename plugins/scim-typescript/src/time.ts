// Moments. The clock is the host's; the language's own is not there.

import { now as hostNow } from 'doorward:connector/clock@0.2.0';
import type { Timestamp } from './wit.js';

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
/** The form of RFC 9110 §5.6.7 that senders must use. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

export function now(): Timestamp {
  return hostNow();
}

/** Seconds from the earlier to the later. */
export function secondsBetween(earlier: Timestamp, later: Timestamp): number {
  return Number(later.seconds - earlier.seconds) + (later.nanoseconds - earlier.nanoseconds) / 1e9;
}

/** A `dateTime` of RFC 7643 §2.3.5; nothing when it is none. */
export function dateTime(text: string | undefined): Timestamp | undefined {
  const milliseconds = text !== undefined && DATE_TIME.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(milliseconds)) {
    return undefined;
  }
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(seconds), nanoseconds: (milliseconds - seconds * 1000) * 1_000_000 };
}

/** The milliseconds that a `Retry-After` asks for: seconds, or a date (RFC 9110 §10.2.3). */
export function retryAfter(header: string | undefined): bigint | undefined {
  const value = header?.trim() ?? '';
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(value)) {
    return BigInt(Math.ceil(Number(value) * 1000));
  }
  if (!HTTP_DATE.test(value)) {
    return undefined;
  }
  const then = Date.parse(value);
  if (Number.isNaN(then)) {
    return undefined;
  }
  const { seconds, nanoseconds } = now();
  return BigInt(Math.max(0, Math.ceil(then - Number(seconds) * 1000 - nanoseconds / 1e6)));
}
