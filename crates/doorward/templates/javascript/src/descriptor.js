// What the connector says about itself, before anybody has a connection.

import { BASE_URL } from './connection.js';
import { DIRECTORY_TEAM, MEMBER, TEAM, USER } from './records.js';

export const DESCRIPTOR = {
  id: 'example-teams',
  version: '0.1.0',
  name: 'Example Teams',
  summary: 'Reads and changes who is a member of which team in the Teams service.',
  needs: ['http'],
  connectionSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Example Teams connection',
    description: 'Reaches one Teams service with a token.',
    examples: [{ base_url: 'https://teams.example.com/api/v1', token: 'example-token' }],
    type: 'object',
    required: ['base_url', 'token'],
    // Otherwise a misspelled field would be passed over, and nobody would know why.
    additionalProperties: false,
    properties: {
      base_url: {
        title: 'Base URL',
        description: "The address of the service's API: what comes before /users and /teams.",
        examples: ['https://teams.example.com/api/v1'],
        type: 'string',
        maxLength: 2048,
        pattern: `^${BASE_URL}$`,
        'x-doorward': { expected: 'an address such as https://teams.example.com/api/v1', trim: true },
      },
      token: {
        title: 'Token',
        description: 'The token that the service gave for its API.',
        examples: ['example-token'],
        type: 'string',
        // This makes it a secret: it is stored sealed, shown nowhere, and the connector gets a
        // reference in its place.
        writeOnly: true,
        minLength: 1,
        maxLength: 8192,
        pattern: '^[!-~]+$',
        'x-doorward': { expected: 'the token alone, without `Bearer `', trim: true },
      },
    },
  },
  principalKinds: [{ kind: USER, name: 'user', searchable: true, person: true }],
  resourceKinds: [
    {
      kind: TEAM,
      name: 'team',
      classes: [TEAM, DIRECTORY_TEAM],
      entitlements: [{ id: MEMBER, summary: 'Has what the team gives.', principals: [USER] }],
    },
  ],
  // Promise nothing more than is there: the rest must be `unsupported`.
  capabilities: ['check', 'sync', 'read', 'grant', 'revoke'],
  permissions: [],
  uses: [],
  setup: {
    warnings: ['A token that may write may change every team. Keep it as you keep a password.'],
    steps: [
      {
        title: 'Make a token',
        lines: [
          'In the Teams service, make a token for an account of its own, which may change teams.',
          'Put the address of the API and the token into the connection.',
        ],
      },
    ],
    scripts: [],
  },
  pacing: { maxInFlight: 4 },
  // The service changes one membership in one request, and `apply` may send only one.
  maxBatch: 1,
};
