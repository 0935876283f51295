//! `doorward plan` and `doorward apply`: what would be changed, approved, and then carried out.

use doorward_core::{Error, ErrorKind, Result};
use doorward_host::{BulkOptions, ChangePlan, Opened, PlanFlags, new_private_file, stored};
use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::bulk::{self, Shown, Watch, asked, said};
use super::change::look_without_policy;
use crate::app::App;
use crate::ask;
use crate::cli::{ApplyOptions, Format, PlanOptions, Target};
use crate::connection::is_standard_input;
use crate::exit::Exit;
use crate::lines::{self, bad, to_limit};

/// The most bytes of a plan: 10,000 lines with long names, and room beside.
const MOST_BYTES: usize = 64 << 20;

pub(super) async fn run(app: &App, options: &PlanOptions) -> Result<Exit> {
    let target = &options.target;
    let into = app.settings().output_file.as_deref();
    if let Some(file) = into {
        check_place(app, file, options.force)?;
    }
    if is_standard_input(&options.file)
        && target.connection.as_deref().is_some_and(is_standard_input)
    {
        return Err(bad(
            "standard-input-twice",
            "Changes and connection cannot both come from standard input.".to_owned(),
        )
        .remedy("Name a file for one of them."));
    }
    let rows = lines::load(&app.console, &options.file, None).await?;
    let opened = app.open(target).await?;
    if target.connection.is_some() {
        look_without_policy(app, &opened)?;
    }
    app.settle(&opened).await?;
    let flags =
        PlanFlags { permanent: options.ends.permanent, allow_tier0: options.meant.allow_tier0 };
    let lines = asked(&opened, &rows, None, &said(app, &options.ends, &options.meant)?);
    let watch = Watch::new(app);
    let made = opened.make_plan(lines, flags, &|progress| watch.see(progress)).await;
    watch.finish();
    let (plan, report) = made?;
    if let Some(file) = into {
        write(app, file, options.force, &plan)?;
    }
    let exit = if app.console.format() == Format::Json {
        app.console.json("ChangePlan", &plan);
        bulk::ending(app, &report, true)
    } else {
        bulk::show(app, &Shown::of_rows(&opened, &rows), &report, true)?
    };
    if let Some(file) = into {
        app.console.note(format!(
            "The plan is in {0}. It can be carried out within the hour: `doorward apply {0}`.",
            file.display()
        ));
    }
    Ok(exit)
}

pub(super) async fn apply(app: &App, options: &ApplyOptions) -> Result<Exit> {
    bulk::check_columns(app)?;
    if !options.dry_run {
        ask::can_be_confirmed(&app.console, options.yes)?;
    }
    let plan = read(app, &options.plan)?;
    let opened = open(app, &plan, options.integration.as_deref()).await?;
    app.settle(&opened).await?;
    let shown = Shown::of_plan(&opened, &plan);
    let watch = Watch::new(app);
    if options.dry_run || !options.yes {
        let looked = opened.look_at_plan(&plan, &|progress| watch.see(progress)).await;
        watch.finish();
        let looked = looked?;
        if options.dry_run {
            bulk::warn_of_many(app, &looked, options.max_changes);
            return bulk::show(app, &shown, &looked, true);
        }
        bulk::ask_for(app, &opened, &looked, options.max_changes).await?;
    }
    let watch = Watch::new(app);
    let options = BulkOptions {
        most_changes: options.max_changes,
        plan: Some(&plan),
        stop: &app.stop,
        progress: &|progress| watch.see(progress),
    };
    let report = opened.apply_plan(&plan, options).await;
    watch.finish();
    bulk::show(app, &shown, &report?, false)
}

/// The integration that is named, else the one that the plan was made for, whatever it is called
/// now.
async fn open(app: &App, plan: &ChangePlan, named: Option<&str>) -> Result<Opened> {
    let host = app.host()?;
    let integration = match named {
        Some(name) => stored(host.store(), name)?,
        None => {
            let all = host.store().integrations()?;
            let same = all.into_iter().find(|one| one.id == plan.integration.id);
            same.map_or_else(|| stored(host.store(), &plan.integration.name), Ok)?
        }
    };
    let target = Target { integration: Some(integration.name), ..Target::default() };
    app.open(&target).await
}

fn read(app: &App, path: &Path) -> Result<ChangePlan> {
    let shown = path.display();
    let bytes = File::open(app.console.file(path))
        .and_then(|file| to_limit(file, MOST_BYTES))
        .map_err(|error| {
            bad("plan-unreadable", format!("The plan cannot be read from {shown}."))
                .remedy("Check the path and the permissions of the file.")
                .cause(error)
        })?;
    if bytes.len() > MOST_BYTES {
        return Err(bad("not-a-plan", format!("{shown} is too long for a plan."))
            .remedy("Make a new one with `doorward plan`."));
    }
    ChangePlan::parse(&bytes)
}

/// Refuses a place where a plan cannot be written, before anything is asked.
fn check_place(app: &App, file: &Path, force: bool) -> Result<()> {
    let path = app.console.file(file);
    if path.is_dir() {
        return Err(unwritable(file).remedy("It is a directory: name a file."));
    }
    if path.exists() && !force {
        return Err(bad("file-exists", format!("{} is there already.", file.display()))
            .remedy("Name another file after `-o`, or replace it with `--force`."));
    }
    Ok(())
}

/// Writes a plan for its owner only. One that is replaced is replaced as a whole.
fn write(app: &App, file: &Path, force: bool, plan: &ChangePlan) -> Result<()> {
    let path = app.console.file(file);
    let text = serde_json::to_string_pretty(plan)
        .map_err(|error| Error::internal("A plan could not be written as JSON.").cause(error))?;
    let failed = |error: std::io::Error| {
        unwritable(file).remedy("Check the path, the permissions and the free space.").cause(error)
    };
    let new = if force { beside(&path) } else { path.clone() };
    let written = new_private_file(&new).and_then(|mut made| {
        let written = made.write_all(text.as_bytes()).and_then(|()| made.write_all(b"\n"));
        let written = written.and_then(|()| made.sync_all());
        let placed =
            written.and_then(|()| if force { std::fs::rename(&new, &path) } else { Ok(()) });
        placed.inspect_err(|_| {
            // Half a plan is none.
            let _ = std::fs::remove_file(&new);
        })
    });
    written.map_err(failed)
}

/// The file that takes the place of this one when it is whole.
fn beside(path: &Path) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

fn unwritable(file: &Path) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "plan-not-written",
        format!("The plan cannot be written into {}.", file.display()),
    )
}
