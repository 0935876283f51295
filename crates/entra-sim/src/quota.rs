//! Quotas of the identity and access service (facts §6): resource units and writes over sliding windows.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::random;

/// How a 429 says when to come back (facts §6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfter {
    /// Whole seconds, at least 1.
    #[default]
    Seconds,
    /// With a fraction, as one sample of the documentation shows.
    Fraction,
    /// Not at all.
    Absent,
}

/// The quotas; the figures of facts §6 by default. Buckets over all tenants cannot fill up before these do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttling {
    /// Resource units of one app in 10 s; `None` is by the number of users, deleted ones too: 3,500 below 50,
    /// 5,000 up to 500, 8,000 above.
    pub resource_units: Option<u64>,
    /// Writes of one app in 2 min 30 s.
    pub writes: u64,
    /// Writes of all apps together in 5 min.
    pub tenant_writes: u64,
    /// How a 429 says when to come back.
    pub retry_after: RetryAfter,
}

impl Default for Throttling {
    fn default() -> Self {
        Self {
            resource_units: None,
            writes: 3_000,
            tenant_writes: 18_000,
            retry_after: RetryAfter::default(),
        }
    }
}

/// What one request costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) resource_units: u32,
    pub(crate) writes: u32,
    /// It goes to identity protection, which counts requests alone.
    pub(crate) protection: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bucket {
    ResourceUnits,
    Writes,
    TenantWrites,
    Protection,
}

/// What was used of one bucket lately.
#[derive(Debug, Default)]
struct Window {
    used: VecDeque<(Timestamp, u64)>,
    sum: u64,
}

impl Window {
    fn add(&mut self, now: Timestamp, length: SignedDuration, amount: u64) -> u64 {
        while let Some((at, old)) = self.used.front().copied() {
            if now.duration_since(at) < length {
                break;
            }
            self.used.pop_front();
            self.sum = self.sum.saturating_sub(old);
        }
        self.used.push_back((now, amount));
        self.sum += amount;
        self.sum
    }

    /// How long until no more than the limit is in the window.
    fn wait(&self, now: Timestamp, length: SignedDuration, limit: u64) -> SignedDuration {
        let mut left = self.sum;
        for (at, amount) in &self.used {
            left = left.saturating_sub(*amount);
            if left <= limit {
                return length.saturating_sub(now.duration_since(*at));
            }
        }
        length
    }
}

/// Why a request is throttled: the headers of facts §6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// `x-ms-throttle-scope` before the ids, e.g. `Tenant_Application/Write`.
    pub(crate) scope: &'static str,
    /// `x-ms-throttle-information`
    pub(crate) information: &'static str,
    pub(crate) retry_after: Option<String>,
}

/// What the buckets say to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// `x-ms-throttle-limit-percentage`, only above 0.8.
    pub(crate) percentage: Option<String>,
    pub(crate) refused: Option<Refused>,
}

/// Who asks, and when.
pub(crate) struct Asking<'a> {
    pub(crate) now: Timestamp,
    pub(crate) application: &'a str,
    pub(crate) users: usize,
    pub(crate) seed: u64,
    pub(crate) number: u64,
}

/// All buckets that were ever used.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    windows: BTreeMap<(Bucket, String), Window>,
}

impl Quota {
    /// Charges a request, also one that is then refused, and says what comes of it. Above the limit a share of
    /// the requests is refused: at 1.2 a fifth (facts §6).
    pub(crate) fn charge(
        &mut self,
        limits: &Throttling,
        asking: &Asking<'_>,
        cost: Cost,
    ) -> Verdict {
        if cost.protection {
            return self.charge_protection(asking);
        }
        let by_size = match asking.users {
            0..50 => 3_500,
            50..=500 => 5_000,
            _ => 8_000,
        };
        let buckets = [
            (Bucket::ResourceUnits, cost.resource_units, limits.resource_units.unwrap_or(by_size)),
            (Bucket::Writes, cost.writes, limits.writes),
            (Bucket::TenantWrites, cost.writes, limits.tenant_writes),
        ];
        let mut fullest = (0_u64, None);
        for (bucket, amount, limit) in buckets {
            if amount == 0 {
                continue;
            }
            let owner = match bucket {
                Bucket::TenantWrites => String::new(),
                _ => asking.application.to_owned(),
            };
            let length = bucket.length();
            let window = self.windows.entry((bucket, owner)).or_default();
            let used = window.add(asking.now, length, amount.into());
            let percent = used.saturating_mul(100) / limit.max(1);
            if fullest.1.is_none() || percent > fullest.0 {
                fullest = (percent, Some((bucket, window.wait(asking.now, length, limit))));
            }
        }
        let (percent, Some((bucket, wait))) = fullest else { return Verdict::default() };
        let draw = random::below(asking.seed, "throttled", asking.number, 100);
        let refused = percent > 100 && draw < percent - 100;
        Verdict {
            percentage: (percent > 80).then(|| format!("{}.{:02}", percent / 100, percent % 100)),
            refused: refused.then(|| bucket.refusal(limits.retry_after, wait)),
        }
    }
}

impl Quota {
    /// One request a second of the whole tenant, and no word on when to come back (facts §3.10, §6).
    fn charge_protection(&mut self, asking: &Asking<'_>) -> Verdict {
        let window = self.windows.entry((Bucket::Protection, String::new())).or_default();
        let used = window.add(asking.now, Bucket::Protection.length(), 1);
        let refused =
            || Bucket::Protection.refusal(RetryAfter::Absent, SignedDuration::from_secs(1));
        Verdict { percentage: None, refused: (used > 1).then(refused) }
    }
}

impl Bucket {
    fn length(self) -> SignedDuration {
        SignedDuration::from_secs(match self {
            Self::ResourceUnits => 10,
            Self::Writes => 150,
            Self::TenantWrites => 300,
            Self::Protection => 1,
        })
    }

    fn refusal(self, how: RetryAfter, wait: SignedDuration) -> Refused {
        let (scope, information) = match self {
            Self::ResourceUnits => ("Tenant_Application/ReadWrite", "ResourceUnitLimitExceeded"),
            Self::Writes => ("Tenant_Application/Write", "WriteLimitExceeded"),
            Self::TenantWrites => ("Tenant/Write", "WriteLimitExceeded"),
            // What these say here is not in the facts.
            Self::Protection => ("Tenant/ReadWrite", "ResourceUnitLimitExceeded"),
        };
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(0);
        let retry_after = match how {
            RetryAfter::Seconds => Some(milliseconds.div_ceil(1_000).max(1).to_string()),
            RetryAfter::Fraction => {
                Some(format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000))
            }
            RetryAfter::Absent => None,
        };
        Refused { scope, information, retry_after }
    }
}
