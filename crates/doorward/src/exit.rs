//! Exit codes: one table for the whole command line.

use doorward_core::ErrorKind;
use std::process::ExitCode;

/// How a command ends. Errors take theirs from [`ErrorKind::codes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit(u8);

impl Exit {
    /// Done, or it was so already.
    pub(crate) const DONE: Self = Self(0);
    /// A defect in Doorward.
    pub(crate) const INTERNAL: Self = Self(1);
    /// The command line was not understood.
    pub(crate) const USAGE: Self = Self(2);
    /// The connection cannot be used.
    pub(crate) const CONNECTION: Self = Self(3);
    /// A permission is missing at the provider.
    pub(crate) const PERMISSION: Self = Self(5);
    /// Cannot be changed here, whoever asks.
    pub(crate) const NOT_MANAGEABLE: Self = Self(8);
    /// Policy refused, or nobody confirmed.
    pub(crate) const POLICY: Self = Self(9);
    /// Done in part.
    pub(crate) const PARTIAL: Self = Self(12);
    /// It is not known yet what came of the change.
    pub(crate) const OUTCOME_UNKNOWN: Self = Self(13);
    /// The answer has gaps.
    pub(crate) const INCOMPLETE: Self = Self(14);
    /// Stopped by Ctrl-C or by the system.
    pub(crate) const INTERRUPTED: Self = Self(130);

    /// The code as the shell sees it.
    pub(crate) const fn code(self) -> u8 {
        self.0
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        Self(kind.codes().0)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// The table, for `doorward --help`.
pub(crate) const TABLE: &str = "\
Exit codes:
    0  done, or it was so already
    1  a defect in Doorward or in a connector
    2  the command line was not understood, or asks for something that does not exist
    3  the connection cannot be used
    4  the provider does not accept the credential
    5  a permission is missing at the provider, `check` found a problem, or a credential ends soon
    6  not found
    7  a name fits several objects
    8  cannot be changed here, whoever asks
    9  policy refused, or nobody confirmed
   10  the provider asks to slow down
   11  the provider cannot be reached, or gave no answer in time
   12  done in part: some of several changes, or a change without its journal entry
   13  it is not known yet what came of the change
   14  the answer has gaps
  130  stopped by Ctrl-C or by the system";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_a_code_that_the_table_explains() {
        for kind in ErrorKind::ALL {
            let code = Exit::from(kind).code();
            assert_ne!(code, 0, "{kind:?} must not look like success");
            assert!(explains(code), "{kind:?} ends with {code}");
        }
    }

    #[test]
    fn named_codes_agree_with_the_kinds() {
        assert_eq!(Exit::from(ErrorKind::Internal), Exit::INTERNAL);
        assert_eq!(Exit::from(ErrorKind::InvalidRequest), Exit::USAGE);
        assert_eq!(Exit::from(ErrorKind::InvalidConnection), Exit::CONNECTION);
        assert_eq!(Exit::from(ErrorKind::PermissionDenied), Exit::PERMISSION);
        assert_eq!(Exit::from(ErrorKind::NotManageable), Exit::NOT_MANAGEABLE);
        assert_eq!(Exit::from(ErrorKind::DeniedByPolicy), Exit::POLICY);
        for exit in
            [Exit::DONE, Exit::PARTIAL, Exit::OUTCOME_UNKNOWN, Exit::INCOMPLETE, Exit::INTERRUPTED]
        {
            assert!(explains(exit.code()));
        }
    }

    fn explains(code: u8) -> bool {
        TABLE.lines().any(|line| line.trim_start().starts_with(&format!("{code}  ")))
    }
}
