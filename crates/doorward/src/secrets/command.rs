//! A secret that a program prints, such as a password manager: run without a shell, in ten seconds
//! at most. What it prints is never shown, nor are its arguments.

use doorward_core::{Error, ErrorKind, Result};
use secrecy::SecretString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::{MOST_BYTES, secret, unusable};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first line that the program prints.
///
/// # Errors
/// `InvalidConnection`, which names the program and nothing that it printed.
pub(super) fn run(words: &[String], show_errors: bool) -> Result<SecretString> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(unusable("secret-command-failed", "The command for a secret is empty."));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(if show_errors { Stdio::inherit() } else { Stdio::null() })
        .env_remove("DOORWARD_KEY")
        .kill_on_drop(true);
    // With room for all of it, so that the buffer never moves and leaves a copy behind.
    let mut line = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + CHUNK));
    match in_time(&mut command, &mut line, PATIENCE) {
        Err(error) => Err(failed(program, "could not be run", show_errors).cause(error)),
        Ok(None) => Err(failed(program, "did not end in 10 seconds", show_errors)),
        Ok(Some(status)) if !status.success() => {
            Err(failed(program, &format!("failed ({status})"), show_errors))
        }
        Ok(Some(_)) if line.len() as u64 > MOST_BYTES => Err(failed(
            program,
            "printed a line longer than 64 KiB, which is hardly a secret",
            show_errors,
        )),
        Ok(Some(_)) => secret(line, &format!("What `{program}` printed")),
    }
}

fn failed(program: &str, what: &str, show_errors: bool) -> Error {
    let look = if show_errors { "" } else { " `-v` shows what it says on standard error." };
    Error::new(
        ErrorKind::InvalidConnection,
        "secret-command-failed",
        format!("The program `{program}`, which gives a secret, {what}."),
    )
    .remedy(format!("Run it by itself: it must print the secret and end with 0.{look}"))
}

/// Runs the program; nothing when it took too long, and then it is ended. On a thread and a runtime
/// of its own, because whoever needs a secret cannot wait in the way that futures do; no simulation
/// asks for one here.
fn in_time(
    command: &mut Command,
    line: &mut Vec<u8>,
    patience: Duration,
) -> io::Result<Option<ExitStatus>> {
    let running = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut child = command.spawn()?;
            match tokio::time::timeout(patience, ended(&mut child, line)).await {
                Ok(status) => status.map(Some),
                Err(_) => child.kill().await.map(|()| None),
            }
        })
    };
    std::thread::scope(|scope| scope.spawn(running).join())
        .unwrap_or_else(|_| Err(io::Error::other("it broke off")))
}

/// Waits for the end of the program and keeps the first line of its output. What it leaves running,
/// as an agent that keeps a password, may hold the output open: that is not waited for.
async fn ended(child: &mut Child, line: &mut Vec<u8>) -> io::Result<ExitStatus> {
    let Some(mut output) = child.stdout.take() else { return child.wait().await };
    first_line(&mut output, line).await?;
    let mut nowhere = tokio::io::sink();
    tokio::select! {
        biased;
        status = child.wait() => status,
        _ = tokio::io::copy(&mut output, &mut nowhere) => child.wait().await,
    }
}

const CHUNK: usize = 4096;

/// Reads to the first line break, to the end, or to more than a secret may be long.
async fn first_line(output: &mut (impl AsyncRead + Unpin), line: &mut Vec<u8>) -> io::Result<()> {
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    while line.len() as u64 <= MOST_BYTES {
        let length = output.read(&mut chunk).await?;
        let read = chunk.get(..length).unwrap_or_default();
        let end = read.iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(read.get(..end.unwrap_or(length)).unwrap_or_default());
        if end.is_some() || length == 0 {
            break;
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn the_first_line_is_the_secret() {
        for (script, expected) in [
            ("printf abc", "abc"),
            ("echo abc", "abc"),
            ("printf 'abc\\r\\n'", "abc"),
            ("printf 'abc\\nuser: somebody\\n'", "abc"),
            // More than fits into a pipe.
            ("echo abc; head -c 1000000 /dev/zero", "abc"),
            ("echo \"a $0 b\" ; exit 0", "a sh b"),
            ("echo abc; echo of-no-interest >&2", "abc"),
            // An agent stays behind and holds the output open.
            ("echo abc; sleep 60 &", "abc"),
        ] {
            let secret = run(&shell(script), false).unwrap();
            assert_eq!(secret.expose_secret(), expected, "{script}");
        }
        // No shell: what means something to one is passed on as it is.
        let plain = ["echo", "$HOME", ";", "*"].map(str::to_owned);
        assert_eq!(run(&plain, false).unwrap().expose_secret(), "$HOME ; *");
    }

    #[test]
    fn failures_name_the_program_and_nothing_else() {
        for (words, reason, said) in [
            (shell("echo canary; exit 3"), "secret-command-failed", "exit status: 3"),
            (shell("echo canary; kill -9 $$"), "secret-command-failed", "signal: 9"),
            (shell("true"), "secret-empty", "What `sh` printed"),
            (shell("printf '\\ncanary'"), "secret-empty", "What `sh` printed"),
            (shell("printf '\\377canary'"), "secret-not-text", "What `sh` printed"),
            (shell("head -c 70000 /dev/zero"), "secret-command-failed", "longer than 64 KiB"),
            (
                vec!["no-such-program".into(), "canary".into()],
                "secret-command-failed",
                "`no-such-program`",
            ),
        ] {
            let error = run(&words, false).unwrap_err();
            assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::InvalidConnection, reason));
            assert!(error.message.contains(said), "{error:?}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        for script in ["echo canary; exec sleep 600", "exec sleep 600"] {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stdout(Stdio::piped()).kill_on_drop(true);
            let patience = Duration::from_millis(200);
            assert!(in_time(&mut command, &mut Vec::new(), patience).unwrap().is_none());
        }
    }
}
