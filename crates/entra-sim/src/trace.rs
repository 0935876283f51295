//! What was asked and answered; never a body, a header or a secret.

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// Counts from 1 over the life of the simulator.
    pub number: u64,
    /// The method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// The query as it was sent, without `?`; empty when there was none.
    pub query: String,
    /// The status that was decided, also when a fault kept it from arriving; 0 when nothing was decided.
    pub status: u16,
    /// `request-id` (Graph) or `x-ms-request-id` (token endpoint).
    pub request_id: String,
    /// Whether the tenant changed. Of a `$batch`, its inner requests say it, each for itself.
    pub wrote: bool,
    /// Something that a person should see, such as "DELETED THE OBJECT ITSELF" or the fault that fired.
    pub note: Option<String>,
    /// What of the caller's authority let the request pass, sorted; empty when nothing was asked for, or when it
    /// was refused for lack of authority. A permission stands as its bare name, e.g. `User.Read.All`: of several
    /// that would do, the one that can do least. Anything else is a sentence: `role Groups Administrator at
    /// /administrativeUnits/{id}`, `owner of {id}`, `member of {id}`.
    pub authorised_by: Vec<String>,
    /// Resource units that the request cost (facts §6); 0 outside Graph and of a `$batch` itself.
    pub resource_units: u32,
    /// The number of the `$batch` that this request was in; inner requests stand behind it, with methods, paths
    /// and statuses of their own.
    pub batch: Option<u64>,
}
