//! Schedules of PIM on the wire: roles held for a time, and roles that may be activated (facts §3.5).

use doorward_core::{Grant, GrantKind, Path, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::assignment::{Assignment, Filters, rows};
use crate::graph::Place;
use crate::objects::keep;

/// A row of `roleAssignmentSchedules` or `roleEligibilitySchedules`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Schedule {
    #[serde(flatten)]
    pub(crate) held: Assignment,
    schedule_info: Option<ScheduleInfo>,
    /// `Assigned` or `Activated`; eligibilities have none.
    assignment_type: Option<String>,
    /// `Direct`, `Inherited` or `Group`.
    member_type: Option<String>,
}

/// When it begins and ends. Also what a request asks for, and its answer tells.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScheduleInfo {
    start_date_time: Option<String>,
    expiration: Option<Expiration>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expiration {
    #[serde(rename = "type")]
    kind: Option<String>,
    end_date_time: Option<String>,
}

impl ScheduleInfo {
    fn starts(&self) -> Option<Timestamp> {
        self.start_date_time.as_deref()?.parse().ok()
    }

    pub(super) fn ends(&self) -> Option<Timestamp> {
        self.expiration.as_ref()?.end_date_time.as_deref()?.parse().ok()
    }

    /// It ends, and does not say when: never to be told as held for good. A row always carries the
    /// instant, also when a duration was asked for (facts §9).
    fn is_vague(&self) -> bool {
        let kind = self.expiration.as_ref().and_then(|expiration| expiration.kind.as_deref());
        let is_open = |kind: &str| {
            ["noExpiration", "notSpecified"].iter().any(|open| kind.eq_ignore_ascii_case(open))
        };
        self.ends().is_none() && kind.is_some_and(|kind| !is_open(kind))
    }
}

/// The schedules that fit, with the principals.
pub(crate) fn list(kind: GrantKind, filters: Filters<'_>) -> Place {
    let collection = match kind {
        GrantKind::Active => "/v1.0/roleManagement/directory/roleAssignmentSchedules",
        GrantKind::Eligible => "/v1.0/roleManagement/directory/roleEligibilitySchedules",
    };
    rows(Path::new(collection), filters)
}

impl Schedule {
    /// Whether this principal itself has it. What comes through a group shows in reads by principal
    /// only (facts §9), so that groups are looked at by themselves everywhere.
    pub(crate) fn is_direct(&self) -> bool {
        self.member_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("Direct"))
    }

    /// Whether PIM made it. An assignment that was made without it is listed here, too, without times
    /// and by its own id (facts §3.5), and the assignment says all that there is to say.
    pub(crate) fn is_by_pim(&self) -> bool {
        self.starts().is_some() || self.ends().is_some() || self.is_vague()
    }

    fn starts(&self) -> Option<Timestamp> {
        self.schedule_info.as_ref()?.starts()
    }

    pub(crate) fn ends(&self) -> Option<Timestamp> {
        self.schedule_info.as_ref()?.ends()
    }

    fn is_vague(&self) -> bool {
        self.schedule_info.as_ref().is_some_and(ScheduleInfo::is_vague)
    }

    /// Since when it has been held; `None` when it lies in the future, or is not known.
    pub(crate) fn since(&self, now: Timestamp) -> Option<Timestamp> {
        self.starts().filter(|start| *start <= now)
    }

    /// Whether it may be activated, or is held, now. A row may be listed for a while after its end.
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        self.starts().is_none_or(|start| start <= now) && self.ends().is_none_or(|end| end > now)
    }

    /// The bare grant with what PIM says of it.
    pub(crate) fn dated(&self, mut grant: Grant, kind: GrantKind) -> Grant {
        grant.key.kind = kind;
        grant.starts = self.starts();
        grant.ends = self.ends();
        grant.provider_id = Some(self.held.id.clone());
        keep(&mut grant.attributes, "assignmentType", &self.assignment_type);
        keep(&mut grant.attributes, "memberType", &self.member_type);
        if self.is_vague() {
            grant.attributes.insert(doorward_core::ENDS_UNKNOWN.to_owned(), json!(true));
        }
        grant
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn schedule(info: Value) -> Schedule {
        serde_json::from_value(json!({
            "id": "s", "roleDefinitionId": "r", "principalId": "p", "directoryScopeId": "/",
            "appScopeId": null, "scheduleInfo": info, "assignmentType": "Assigned",
            "memberType": "Direct", "modifiedDateTime": "0001-01-01T08:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn an_end_that_cannot_be_read_is_never_told_as_none() {
        let start = "2026-11-23T08:00:00Z";
        let table = [
            (json!(null), false, None, false),
            (
                json!({"startDateTime": null, "expiration": {"type": "noExpiration"}}),
                false,
                None,
                false,
            ),
            (
                json!({"startDateTime": start, "expiration": {"type": "noExpiration"}}),
                true,
                None,
                false,
            ),
            (
                json!({"startDateTime": start, "expiration": {"type": "afterDateTime", "endDateTime": "2026-11-23T16:00:00Z"}}),
                true,
                Some("2026-11-23T16:00:00Z"),
                false,
            ),
            (
                json!({"expiration": {"type": "afterDuration", "duration": "PT8H"}}),
                true,
                None,
                true,
            ),
            (
                json!({"expiration": {"type": "afterDateTime", "endDateTime": "soon"}}),
                true,
                None,
                true,
            ),
        ];
        for (info, by_pim, ends, vague) in table {
            let schedule = schedule(info.clone());
            let told = schedule.ends().map(|end| end.to_string());
            assert_eq!((schedule.is_by_pim(), told.as_deref()), (by_pim, ends), "{info}");
            assert_eq!(schedule.is_vague(), vague, "{info}");
        }
    }
}
