//! How far many changes are: a line that changes on a terminal, else nothing.

use doorward_host::BulkProgress;
use std::io::IsTerminal;
use std::time::Duration;

use crate::app::App;

/// Shows how far it is.
pub(in crate::commands) struct Watch(indicatif::ProgressBar);

impl Watch {
    pub(in crate::commands) fn new(app: &App) -> Self {
        let is_person = app.console.format().is_for_people() && std::io::stderr().is_terminal();
        let bar = if is_person {
            indicatif::ProgressBar::new_spinner()
        } else {
            indicatif::ProgressBar::hidden()
        };
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    pub(in crate::commands) fn see(&self, progress: BulkProgress) {
        self.0.set_message(match progress {
            BulkProgress::Reading { done, of } => {
                format!("{done} of {of} lines looked up; nothing was sent yet")
            }
            BulkProgress::Writing { done, of } => format!("{done} of {of} changes made"),
            BulkProgress::Looking => "looking what access remains".to_owned(),
        });
    }

    pub(in crate::commands) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
