//! `doorward completion`: the script by which a shell asks this program what comes next.

use doorward_core::Result;

use crate::app::App;
use crate::cli::Shell;
use crate::completion;
use crate::exit::Exit;

pub(super) fn run(app: &App, shell: Shell) -> Result<Exit> {
    app.console.exact(&completion::script(shell)?);
    Ok(Exit::DONE)
}
