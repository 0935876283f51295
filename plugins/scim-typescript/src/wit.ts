// The words of the contract, under names that do not hide JavaScript's own.

import type * as changes from 'doorward:connector/changes@0.2.0';
import type * as endpoints from 'doorward:connector/endpoints@0.2.0';
import type * as http from 'doorward:connector/http@0.2.0';
import type * as pages from 'doorward:connector/pages@0.2.0';
import type * as questions from 'doorward:connector/questions@0.2.0';
import type * as report from 'doorward:connector/report@0.2.0';
import type * as types from 'doorward:connector/types@0.2.0';

export type AccessPath = types.AccessPath;
export type ErrorKind = types.ErrorKind;
export type Failure = types.Error;
export type Grant = types.Grant;
export type GrantKey = types.GrantKey;
export type ObjectRef = types.ObjectRef;
export type Retry = types.Retry;
export type Seen = types.Record;
export type Timestamp = types.Timestamp;

export type Request = http.Request;
export type RequestPath = http.Path;
export type Response = http.Response;

export type AuthFailure = endpoints.AuthFailure;
export type Endpoint = endpoints.Endpoint;

export type Cursor = pages.Cursor;
export type Page = pages.Page;
export type StartRequest = pages.StartRequest;
export type SyncRequest = pages.SyncRequest;

export type Answer = questions.Answer;
export type FindQuery = questions.FindQuery;
export type HoldersQuery = questions.HoldersQuery;
export type PathsQuery = questions.PathsQuery;
export type ReadRequest = questions.ReadRequest;

export type ApplyRequest = changes.ApplyRequest;
export type Operation = changes.Operation;
export type Outcome = changes.Outcome;
export type OutcomeKind = changes.OutcomeKind;
export type SettleRequest = changes.SettleRequest;

export type Authority = report.Authority;
export type AuthorityEntry = report.AuthorityEntry;
export type CheckReport = report.CheckReport;
export type Finding = report.Finding;

/** The answer of one of several things that were asked at once. */
export type Result<T> = { tag: 'ok'; val: T } | { tag: 'err'; val: Failure };

/** No attributes. */
export const NONE = '';
