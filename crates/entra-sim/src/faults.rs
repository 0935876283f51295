//! Faults on demand: which requests they hit, and what those get instead of their answer.

/// Which requests a fault hits.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    /// Only this method; any when `None`.
    pub method: Option<http::Method>,
    /// Only when path and query, as sent, contain this; any when `None`.
    pub path_contains: Option<String>,
    /// So many matching requests pass unharmed first.
    pub skip: usize,
    /// So many are hit then; 0 is none.
    pub times: usize,
}

impl Matcher {
    /// The next request whose path and query contain this.
    #[must_use]
    pub fn once(path_contains: &str) -> Self {
        Self { path_contains: Some(path_contains.to_owned()), times: 1, ..Self::default() }
    }

    /// Every request from now on whose path and query contain this.
    #[must_use]
    pub fn always(path_contains: &str) -> Self {
        Self { times: usize::MAX, ..Self::once(path_contains) }
    }

    fn matches(&self, method: &http::Method, target: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path_contains.as_ref().is_none_or(|part| target.contains(part))
    }
}

/// What a hit request gets. Unless the name says otherwise, the request is *not* carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 429 with the headers and body of facts §6; `Retry-After` verbatim, absent when `None`.
    Throttle {
        /// E.g. `"2.128"`.
        retry_after: Option<String>,
    },
    /// This status with Graph's envelope (or the token endpoint's two fields).
    Status {
        /// The status.
        status: u16,
        /// `error.code`
        code: String,
        /// `error.message`
        message: String,
    },
    /// A gateway's HTML page; 200 is allowed.
    Html {
        /// The status.
        status: u16,
    },
    /// This status and nothing else.
    EmptyBody {
        /// The status.
        status: u16,
    },
    /// Nothing, for ever.
    NoAnswer,
    /// Carried out, then nothing, for ever.
    AppliedNoAnswer,
    /// The connection breaks first.
    ResetBefore,
    /// Carried out, then the connection breaks.
    ResetAfter,
    /// Carried out, then this status with an envelope, e.g. 504.
    AppliedThen {
        /// The status.
        status: u16,
    },
    /// Carried out; the connection breaks in the middle of the body.
    TruncatedBody,
    /// Carried out; the nextLink equals the URL of the request.
    PageLoop,
    /// 401 InvalidAuthenticationToken.
    Unauthorized,
    /// 401 with a claims challenge (facts §5.2, CAE).
    ContinuousAccessChallenge,
    /// 200 with a body of this many bytes.
    Oversized {
        /// The size.
        bytes: u64,
    },
    /// 200 with a gzip body that inflates to this many bytes.
    GzipBomb {
        /// The size after inflation.
        inflated: u64,
    },
    /// A redirect.
    Redirect {
        /// The status.
        status: u16,
        /// `Location`
        location: String,
    },
    /// The TLS handshake fails; over TCP the connection just closes.
    TlsFailure,
}

/// A fault to inject.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which requests.
    pub when: Matcher,
    /// What they get.
    pub what: Answer,
}

/// The faults that wait, first come first served.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that hits this request; counts it.
    pub(crate) fn hit(&mut self, method: &http::Method, target: &str) -> Option<Answer> {
        for fault in &mut self.0 {
            if !fault.when.matches(method, target) {
                continue;
            }
            if fault.when.skip > 0 {
                fault.when.skip -= 1;
            } else if fault.when.times > 0 {
                // "Always" stays always.
                if fault.when.times != usize::MAX {
                    fault.when.times -= 1;
                }
                return Some(fault.what.clone());
            }
        }
        None
    }
}
