//! Questions to the operator. Without a terminal, or with `--no-input`, nothing is ever asked.

use doorward_core::{Error, ErrorKind, Result};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::output::Console;
use crate::secrets;

/// Lets a command go on that will need a yes, when somebody can give it or has given it.
///
/// # Errors
/// `DeniedByPolicy`, reason `confirmation-needed`.
pub(crate) fn can_be_confirmed(console: &Console, yes: bool) -> Result<()> {
    if yes || console.can_ask() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::DeniedByPolicy,
        "confirmation-needed",
        "This must be confirmed, and there is nobody to ask. Nothing was sent or changed.",
    )
    .remedy("Add `--yes` to confirm it."))
}

/// Asks for a yes, unless it was given. Anything but a yes is a no.
///
/// # Errors
/// `DeniedByPolicy`, reason `confirmation-needed` or `not-confirmed`.
pub(crate) async fn confirm(console: &Console, yes: bool, question: &str) -> Result<()> {
    can_be_confirmed(console, yes)?;
    if yes {
        return Ok(());
    }
    console.question(&format!("{question} [y/N] "));
    let answer = away(|| {
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    })
    .await?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::DeniedByPolicy,
        "not-confirmed",
        "Not confirmed. Nothing was changed.",
    )
    .remedy("Run the command again and answer `y` when it is right."))
}

/// The secret: typed without being shown, or from standard input.
///
/// # Errors
/// `InvalidConnection` when it is empty or no text.
pub(crate) async fn secret(console: &Console) -> Result<SecretString> {
    if !console.can_ask() {
        return away(|| Ok(secrets::from_standard_input())).await?;
    }
    let typed = away(|| {
        let typed = Zeroizing::new(rpassword::prompt_password("New secret (not shown): ")?);
        let is_key = typed.starts_with(KEY_BEGINS);
        // The lines after the first would go to the shell, be shown, and be kept in its history.
        while is_key && !rpassword::prompt_password("")?.is_empty() {}
        Ok((!is_key).then_some(typed))
    });
    let Some(typed) = typed.await? else { return Err(many_lines()) };
    secrets::secret(Zeroizing::new(typed.as_bytes().to_vec()), "What you typed")
}

/// What every key in PEM begins with.
const KEY_BEGINS: &str = "-----BEGIN ";

fn many_lines() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "secret-of-many-lines",
        "A key in PEM has many lines, and the prompt takes one. Nothing was kept of it.",
    )
    .remedy("Name its file instead, `--secret file:PATH`, or pipe it: `--secret - < PATH`.")
}

async fn away<T: Send + 'static>(
    read: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    apart(read).await.map_err(|error| {
        Error::new(ErrorKind::DeniedByPolicy, "not-confirmed", "The answer could not be read.")
            .remedy("Run the command in a terminal, or add `--yes`.")
            .cause(error)
    })
}

/// Waits for standard input apart from the command's task, so that Ctrl-C is heard meanwhile.
#[expect(
    clippy::disallowed_methods,
    reason = "a person types; nothing else of the program goes on meanwhile, and no simulation asks"
)]
pub(crate) async fn apart<T: Send + 'static>(
    read: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error)))
}
