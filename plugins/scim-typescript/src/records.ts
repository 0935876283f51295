// The service's users and groups in the words of the contract (RFC 7643 §4).

import { isObject, objects, text } from './json.js';
import type { JsonObject } from './json.js';
import { dateTime } from './time.js';
import { NONE } from './wit.js';
import type { GrantKey, ObjectRef, Seen } from './wit.js';

export const USER = 'user';
export const GROUP = 'group';
export const MEMBER = 'member';

/** What is asked of a group whose members are not needed: there may be a hundred thousand. */
export const WITHOUT_MEMBERS = { excludedAttributes: 'members' };

export function userName(user: JsonObject): string | undefined {
  const formatted = isObject(user.name) ? text(user.name.formatted) : undefined;
  return text(user.displayName) ?? formatted ?? text(user.userName) ?? text(user.id);
}

export function groupName(group: JsonObject): string | undefined {
  return text(group.displayName) ?? text(group.id);
}

export function user(object: JsonObject): Seen {
  const id = text(object.id);
  if (id === undefined) {
    return skipped(undefined, 'object-without-id', 'The SCIM service gave a user without an id.');
  }
  return {
    tag: 'account',
    val: {
      key: { kind: USER, id },
      name: userName(object) ?? id,
      login: text(object.userName),
      mail: mail(object),
      enabled: typeof object.active === 'boolean' ? object.active : undefined,
      external: false,
      limited: false,
      created: created(object),
      attributes: attributes(object),
    },
  };
}

export function group(object: JsonObject): Seen {
  const id = text(object.id);
  if (id === undefined) {
    return skipped(undefined, 'object-without-id', 'The SCIM service gave a group without an id.');
  }
  return {
    tag: 'resource',
    val: {
      key: { kind: GROUP, id },
      name: groupName(object) ?? id,
      class: GROUP,
      created: created(object),
      refusals: [],
      privileged: false,
      keepsLastHolder: [],
      attributes: attributes(object),
    },
  };
}

/** The grants that a group's members are, and what of them is not understood. */
export function members(object: JsonObject): Seen[] {
  const id = text(object.id);
  return id === undefined ? [] : objects(object.members).map((member) => membership({ kind: GROUP, id }, member));
}

function membership(resource: ObjectRef, member: JsonObject): Seen {
  const id = text(member.value);
  if (id === undefined) {
    return skipped(resource, 'member-without-id', 'The group has a member that the SCIM service gives no id of.');
  }
  const kind = memberKind(member);
  if (kind === undefined) {
    return skipped(resource, 'unknown-member-type', 'The group has a member that is neither a user nor a group.');
  }
  return grant(memberKey({ kind, id }, resource));
}

/**
 * What a member is: by its type, else by where it is. Both are optional (RFC 7643 §4.2); a service
 * that tells neither has users only.
 */
function memberKind(member: JsonObject): string | undefined {
  const type = text(member.type)?.toLowerCase();
  if (type !== undefined) {
    return [USER, GROUP].find((kind) => kind === type);
  }
  return /(?:^|\/)Groups\/[^/]+$/.test(text(member.$ref) ?? '') ? GROUP : USER;
}

export function holds(object: JsonObject, id: string): boolean {
  return objects(object.members).some((member) => member.value === id);
}

export function memberKey(principal: ObjectRef, resource: ObjectRef): GrantKey {
  return { principal, resource, entitlement: MEMBER, kind: 'active' };
}

export function grant(key: GrantKey, via?: ObjectRef): Seen {
  return { tag: 'grant', val: { key, via, attributes: NONE } };
}

export function skipped(object: ObjectRef | undefined, code: string, message: string): Seen {
  return { tag: 'skipped', val: { object, code, message, attributes: NONE } };
}

function mail(user: JsonObject): string | undefined {
  const mails = objects(user.emails);
  return text((mails.find((one) => one.primary === true) ?? mails[0])?.value);
}

function created(object: JsonObject) {
  return isObject(object.meta) ? dateTime(text(object.meta.created)) : undefined;
}

function attributes(object: JsonObject): string {
  const externalId = text(object.externalId);
  return externalId === undefined ? NONE : JSON.stringify({ externalId });
}
