// Questions about single objects and grants.

import { ask, askAll, AT_ONCE, body, found, isId, listed, listPath, path, value } from './client.js';
import type { Collection, Query } from './client.js';
import type { Service } from './connection.js';
import { failure } from './errors.js';
import { anyOf } from './filters.js';
import { count, parse } from './json.js';
import type { JsonObject } from './json.js';
import { climb, ways } from './nesting.js';
import {
  grant, group, GROUP, groupName, holds, MEMBER, memberKey, members, skipped, user, USER, userName, WITHOUT_MEMBERS,
} from './records.js';
import { NONE } from './wit.js';
import type {
  AccessPath, Answer, FindQuery, GrantKey, HoldersQuery, ObjectRef, PathsQuery, ReadRequest, RequestPath, Seen,
} from './wit.js';

interface Place {
  /** From 1, as the service counts. */
  from: number;
}

export function read(service: Service, request: ReadRequest): Answer {
  const { query } = request;
  const { from } = placed(request.cursor ?? undefined);
  switch (query.tag) {
    case 'find':
      return find(service, query.val, from);
    case 'objects':
      return objects(service, query.val, from);
    case 'holders':
      return holders(service, query.val);
    case 'holdings':
      return holdings(service, query.val);
    case 'grant':
      return answer(lookedUp(service, query.val) ? [grant(query.val)] : []);
    case 'containers':
      return answer([]);
    case 'paths':
      return paths(service, query.val);
  }
}

function find(service: Service, { kind, term }: FindQuery, from: number): Answer {
  const collection = collectionOf(kind);
  if (collection === undefined) {
    return answer([]);
  }
  if (term.tag === 'id') {
    return objects(service, [{ kind, id: term.val }], 1);
  }
  const attributes = searched(kind, term.tag);
  if (attributes.length === 0 || term.val === '') {
    return answer([]);
  }
  const query = { filter: anyOf(attributes, term.val), ...(kind === GROUP ? WITHOUT_MEMBERS : {}) };
  const page = listed(ask(listPath(service, collection, from, query)), from, `for the ${kind}s that fit a name`);
  return answer(page.items.map((object) => record(kind, object)), page.next);
}

/** Where the term may be written: all that becomes a name, a login or a mail of the record. */
function searched(kind: string, by: 'name' | 'mail'): string[] {
  if (kind === GROUP) {
    return by === 'name' ? ['displayName'] : [];
  }
  return by === 'name' ? ['userName', 'displayName', 'name.formatted'] : ['emails.value'];
}

function objects(service: Service, keys: ObjectRef[], from: number): Answer {
  const asked = keys.slice(from - 1, from - 1 + AT_ONCE).filter((key) => isId(key.id) && collectionOf(key.kind));
  const answers = askAll(asked.map((key) => objectPath(service, key, WITHOUT_MEMBERS)));
  const records = asked.flatMap((key, index) => {
    const object = found(value(answers[index]), `for the ${named(key)}`);
    return object === undefined ? [] : [record(key.kind, object)];
  });
  const next = from + AT_ONCE;
  return answer(records, next <= keys.length ? next : undefined);
}

function holders(service: Service, { resource, entitlement }: HoldersQuery): Answer {
  const object = existing(service, resource);
  const wanted = (entitlement ?? MEMBER) === MEMBER && resource.kind === GROUP;
  return answer(wanted ? members(object) : []);
}

/** Whether the grant is there. A group that does not exist holds nobody. */
export function lookedUp(service: Service, key: GrantKey): boolean {
  const { resource } = key;
  if (!isMembership(key) || !isId(resource.id)) {
    return false;
  }
  const object = found(ask(path(service, 'Groups', resource.id)), `for the members of the ${named(resource)}`);
  return object !== undefined && holds(object, key.principal.id);
}

export function isMembership(key: GrantKey): boolean {
  const plain = key.kind === 'active' && (key.scope ?? undefined) === undefined;
  const kinds = collectionOf(key.principal.kind) !== undefined && key.resource.kind === GROUP;
  return plain && kinds && key.entitlement === MEMBER;
}

function holdings(service: Service, principal: ObjectRef): Answer {
  existing(service, principal, WITHOUT_MEMBERS);
  const web = climb(service, principal.id);
  const direct = new Set(web.above.get(principal.id));
  const records: Seen[] = [];
  for (const [id, object] of web.groups) {
    if (id === principal.id) {
      continue;
    }
    const key = memberKey(principal, { kind: GROUP, id });
    const through = [...web.groups.keys()].filter((one) => web.above.get(one)?.includes(id) && one !== id).sort()[0];
    const via = direct.has(id) || through === undefined ? undefined : { kind: GROUP, id: through };
    records.push(group(object), grant(key, via));
  }
  return answer(web.cut ? [...records, limit(principal)] : records);
}

function paths(service: Service, { principal, resource, entitlement }: PathsQuery): Answer {
  const start = existing(service, principal, WITHOUT_MEMBERS);
  const end = existing(service, resource, WITHOUT_MEMBERS);
  if (entitlement !== MEMBER || resource.kind !== GROUP) {
    return answer([]);
  }
  const web = climb(service, principal.id);
  const names = new Map([...web.groups].map(([id, object]) => [id, groupName(object)]));
  names.set(principal.id, principal.kind === USER ? userName(start) : groupName(start));
  names.set(resource.id, groupName(end));
  const { found, cut } = ways(web, principal.id, resource.id);
  const told = found.map((way) => accessPath(way, principal, names));
  return { ...answer(cut ? [limit(resource)] : []), paths: told };
}

function accessPath(way: string[], principal: ObjectRef, names: Map<string, string | undefined>): AccessPath {
  const object = (id: string) => (id === principal.id ? principal : { kind: GROUP, id });
  return {
    grants: way.slice(1).map((upper, index) => memberKey(object(way[index] ?? ''), object(upper))),
    names: way.map((id) => names.get(id) ?? id),
    attributes: NONE,
  };
}

function limit(object: ObjectRef): Seen {
  return skipped(object, 'path-limit', 'There are more groups or ways than are looked at: the list is not complete.');
}

/** The object, which must exist. */
function existing(service: Service, key: ObjectRef, query: Query = {}): JsonObject {
  if (collectionOf(key.kind) === undefined) {
    throw failure('not-found', 'not-found', `There is no ${named(key)}: SCIM knows users and groups.`, {
      remedy: 'Check the kind.',
    });
  }
  return body(ask(objectPath(service, key, query)), `for the ${named(key)}`);
}

/** Where an object is; the query is for groups. */
export function objectPath(service: Service, key: ObjectRef, query: Query = {}): RequestPath {
  return path(service, collectionOf(key.kind) ?? 'Users', key.id, key.kind === GROUP ? query : {});
}

function collectionOf(kind: string): Collection | undefined {
  return kind === USER ? 'Users' : kind === GROUP ? 'Groups' : undefined;
}

export function named(key: ObjectRef): string {
  return `${key.kind} \`${key.id}\``;
}

function record(kind: string, object: JsonObject): Seen {
  return kind === GROUP ? group(object) : user(object);
}

function answer(records: Seen[], next?: number): Answer {
  const place: Place | undefined = next === undefined ? undefined : { from: next };
  return { records, paths: [], next: place && JSON.stringify(place), attributes: NONE };
}

function placed(cursor: string | undefined): Place {
  const from = cursor === undefined ? 1 : count(parse(cursor)?.from);
  if (from === undefined || from < 1) {
    throw failure('invalid-request', 'foreign-cursor', 'The place in the answer is not one of this connector.', {
      remedy: 'Ask again from the beginning.',
    });
  }
  return { from };
}
