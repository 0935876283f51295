// What the connector says about itself, by schemas/descriptor.schema.json.

export const DESCRIPTOR = {
  id: 'scim-typescript',
  version: '0.1.0',
  name: 'SCIM 2.0 (TypeScript)',
  summary: 'Reads and changes who is a member of which group, in any service that speaks SCIM 2.0 (RFC 7643, RFC 7644).',
  needs: ['http'],
  connectionSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'SCIM 2.0 connection',
    description: 'Reaches one SCIM 2.0 service with a bearer token.',
    examples: [{ base_url: 'https://example.com/scim/v2', token: 'example-of-a-token' }],
    type: 'object',
    required: ['base_url', 'token'],
    additionalProperties: false,
    properties: {
      base_url: {
        title: 'Base URL',
        description: 'The address of the SCIM service: what comes before /Users and /Groups.',
        examples: ['https://example.com/scim/v2'],
        type: 'string',
        maxLength: 2048,
        pattern: "^https?://[^/?#@\\s\\\\]+(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*/?$",
        'x-doorward': {
          expected: 'an address such as https://example.com/scim/v2',
          aliases: ['url', 'scim_url', 'scim_base_url', 'tenant_url', 'endpoint'],
          trim: true,
        },
      },
      token: {
        title: 'Token',
        description: 'The bearer token that the service gave for SCIM.',
        examples: ['example-of-a-token'],
        type: 'string',
        writeOnly: true,
        minLength: 1,
        maxLength: 8192,
        pattern: '^[!-~]+$',
        'x-doorward': {
          expected: 'the token alone, without `Bearer `',
          aliases: ['bearer_token', 'access_token', 'secret', 'secret_token', 'api_token', 'api_key'],
          trim: true,
        },
      },
    },
  },
  principalKinds: [
    { kind: 'user', name: 'user', searchable: true, person: true },
    { kind: 'group', name: 'group', searchable: true, person: false },
    // Stands for us, whom SCIM does not name.
    { kind: 'service', name: 'service', searchable: false, person: false },
  ],
  resourceKinds: [
    {
      kind: 'group',
      name: 'group',
      classes: ['group'],
      entitlements: [
        {
          id: 'member',
          summary: 'Has what the group gives, also through nested groups.',
          principals: ['user', 'group'],
          transitive: true,
        },
      ],
    },
  ],
  capabilities: ['check', 'sync', 'read', 'grant', 'revoke'],
  permissions: [],
  uses: [],
  setup: {
    warnings: ['SCIM knows no smaller right than all that the token may do. Keep it as you keep a password.'],
    steps: [
      {
        title: 'Make a token',
        lines: ['In the service, enable provisioning by SCIM 2.0.', 'Copy its base URL and its token into the connection.'],
      },
    ],
    scripts: [],
  },
  pacing: { maxInFlight: 4 },
  // SCIM changes one group in one request, and a batch may name several.
  maxBatch: 1,
};
