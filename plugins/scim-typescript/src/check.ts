// What the service offers, and what we may do there.

import { askAll, body, listed, listPath, path, value } from './client.js';
import type { Service } from './connection.js';
import { thrownFailure } from './errors.js';
import { isObject } from './json.js';
import type { JsonObject } from './json.js';
import { GROUP, MEMBER, USER } from './records.js';
import { NONE } from './wit.js';
import type { Authority, AuthorityEntry, CheckReport, Failure, Finding, Response, Result } from './wit.js';

const EVERYWHERE: Authority = { tag: 'everywhere', val: [] };

/**
 * SCIM has no way to ask whose token this is (`/Me` is optional, and for people). So the service
 * itself stands for us, which is said in the findings.
 */
export function check(service: Service): CheckReport {
  const [config, users, groups] = askAll([
    path(service, 'ServiceProviderConfig'),
    listPath(service, 'Users', 1),
    listPath(service, 'Groups', 1, { excludedAttributes: 'members' }),
  ]);
  const readUsers = may(users, 'for the users');
  const readGroups = may(groups, 'for the groups');
  const told = configuration(config);
  const change = changes(told);
  const place = `${service.origin}${service.base}`;
  return {
    identity: { key: { kind: 'service', id: place }, name: 'the owner of the token', place, attributes: NONE },
    permissions: [],
    authority: [
      entry('read', USER, readUsers),
      entry('read', GROUP, readGroups),
      entry('read', GROUP, readGroups, MEMBER),
      entry('grant', GROUP, change, MEMBER),
      entry('revoke', GROUP, change, MEMBER),
    ],
    findings: findings(told),
    credentialExpiry: { tag: 'unknown', val: 'SCIM does not tell when a token ends' },
    attributes: NONE,
  };
}

/** Whether a list may be read. What is no answer to that question ends the check. */
function may(result: Result<Response> | undefined, doing: string): Authority {
  try {
    listed(value(result), 1, doing);
    return EVERYWHERE;
  } catch (thrown) {
    const error = thrownFailure(thrown);
    if (error.kind !== 'permission-denied') {
      throw error;
    }
    return { tag: 'no', val: ['the right to read them, in the service'] };
  }
}

type Told = { config: JsonObject } | { error: Failure };

/** What the service says of itself (RFC 7643 §5). Not all services have it. */
function configuration(result: Result<Response> | undefined): Told {
  try {
    return { config: body(value(result), 'for its configuration') };
  } catch (thrown) {
    return { error: thrownFailure(thrown) };
  }
}

function offers(told: Told, feature: string): boolean | undefined {
  const one = 'config' in told ? told.config[feature] : undefined;
  return isObject(one) && typeof one.supported === 'boolean' ? one.supported : undefined;
}

function changes(told: Told): Authority {
  return offers(told, 'patch') === false
    ? { tag: 'no', val: ['a service that supports PATCH'] }
    : { tag: 'unknown', val: 'SCIM does not tell what a token may change' };
}

function findings(told: Told): Finding[] {
  const found = [
    finding(
      'info',
      'unknown-identity',
      'SCIM does not tell whose token this is, so that Doorward cannot keep the access of its owner from being changed.',
      'Protect that account in the policy, if it is one of the users.',
    ),
  ];
  if ('error' in told) {
    found.push(
      finding('warning', 'no-configuration', `The service does not tell what it offers: ${told.error.message}`, told.error.remedy),
    );
  }
  if (offers(told, 'patch') === false) {
    found.push(
      finding('problem', 'no-patch', 'The service does not support PATCH, without which members cannot be added or removed.', 'Ask its vendor whether PATCH can be enabled.'),
    );
  }
  if (offers(told, 'filter') === false) {
    found.push(
      finding('problem', 'no-filter', 'The service does not support filters: nobody is found by name, and what somebody holds cannot be asked.', 'Use ids, or ask its vendor whether filters can be enabled.'),
    );
  }
  return found;
}

function finding(severity: Finding['severity'], code: string, message: string, remedy?: string): Finding {
  return { severity, code, message, remedy, attributes: NONE };
}

function entry(action: string, kind: string, authority: Authority, entitlement?: string): AuthorityEntry {
  return { ability: { action, kind, entitlement, attributes: NONE }, authority, through: [], attributes: NONE };
}
