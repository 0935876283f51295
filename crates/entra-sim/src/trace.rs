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
    /// Whether the tenant changed.
    pub wrote: bool,
    /// Something that a person should see, such as "DELETED THE OBJECT ITSELF" or the fault that fired.
    pub note: Option<String>,
}
