// Everything, page by page. SCIM has no list of changes, so that each sync is a full one.

import { ask, listed, listPath } from './client.js';
import type { Collection, Listed } from './client.js';
import type { Service } from './connection.js';
import { failure } from './errors.js';
import { count, parse } from './json.js';
import type { JsonObject } from './json.js';
import { group, GROUP, members, skipped, user, USER } from './records.js';
import { NONE } from './wit.js';
import type { Cursor, Page, Seen, StartRequest, SyncRequest } from './wit.js';

interface Stream {
  collection: Collection;
  kind: string;
  records: (object: JsonObject) => Seen[];
}

const STREAMS: { [name: string]: Stream } = {
  users: { collection: 'Users', kind: USER, records: (object) => [user(object)] },
  groups: { collection: 'Groups', kind: GROUP, records: (object) => [group(object), ...members(object)] },
};

/** Where a page begins, and how many objects the page before spoke of. */
interface Place {
  startIndex: number;
  total?: number;
}

export function start(request: StartRequest): Cursor[] {
  const wanted = request.stream ?? undefined;
  const names = Object.keys(STREAMS).filter((name) => wanted === undefined || name === wanted);
  if (names.length === 0) {
    throw unknownStream(wanted ?? '');
  }
  return names.map((name) => cursor(name, { startIndex: 1 }));
}

export function sync(service: Service, request: SyncRequest): Page {
  const name = request.cursor.stream;
  const stream = Object.hasOwn(STREAMS, name) ? STREAMS[name] : undefined;
  if (stream === undefined) {
    throw unknownStream(name);
  }
  const place = placed(request.cursor.body);
  const doing = `for the ${name}, from number ${place.startIndex} on`;
  const page = listed(ask(listPath(service, stream.collection, place.startIndex)), place.startIndex, doing);
  const records = page.items.flatMap(stream.records);
  records.push(...ledger(stream, name, place, page));
  const next = page.next === undefined ? undefined : cursor(name, { startIndex: page.next, total: page.total });
  return {
    records,
    next: next === undefined ? [] : [{ cursor: next, continues: true, attributes: NONE }],
    facts: [],
    usage: { attributes: NONE },
    attributes: NONE,
  };
}

/** How many there should be, and what must be missing. */
function ledger(stream: Stream, name: string, place: Place, page: Listed): Seen[] {
  const found: Seen[] = [];
  if (place.startIndex === 1) {
    found.push({ tag: 'expected', val: { what: stream.kind, count: BigInt(page.total), attributes: NONE } });
  }
  if (page.items.length === 0 && place.startIndex <= page.total) {
    found.push(
      skipped(undefined, 'missing-page', `The SCIM service counts ${page.total} ${name} and gives none from number ${place.startIndex} on.`),
    );
  }
  if (place.total !== undefined && page.total < place.total) {
    found.push(
      skipped(undefined, 'changed-while-reading', `Some ${name} were deleted while they were read, so that others may have moved past the reader.`),
    );
  }
  return found;
}

function cursor(stream: string, place: Place): Cursor {
  return { stream, phase: 0, body: JSON.stringify(place), attributes: NONE };
}

function placed(body: string): Place {
  const place = parse(body) ?? {};
  const startIndex = count(place.startIndex);
  if (startIndex === undefined || startIndex < 1) {
    throw failure('cursor-expired', 'foreign-cursor', 'The place in the sync is not one of this connector.', {
      remedy: 'Read the stream again from its start.',
    });
  }
  return { startIndex, total: count(place.total) };
}

function unknownStream(name: string) {
  return failure('invalid-request', 'unknown-stream', `There is no stream \`${name}\`: there are users and groups.`);
}
