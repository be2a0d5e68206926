//! `ripsaw recover`: what a killed process had accepted and not yet written.

use std::fs::OpenOptions;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use ripsaw::Recovery;
use ripsaw::format::{Format, Json, KeyValue, Text};

/// What to recover, and how to print it.
#[derive(Debug, Args, Clone, PartialEq, Eq)]
pub(crate) struct RecoverArgs {
    /// The arena's file, as `Builder::arena_file` names it; without a folder it stands in /dev/shm
    file: PathBuf,
    /// How the records are printed
    #[arg(long, value_enum, default_value = "text")]
    format: Style,
    /// Append to this file instead of printing on standard output
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Leave everything as it is: the next start of the service writes the same records once more
    #[arg(long)]
    keep: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Style {
    Text,
    KeyValue,
    Json,
}

/// Prints the records, then sees to it that nobody recovers them again.
///
/// # Errors
/// One line that says what could not be read or written. The file is left as it was then.
pub(crate) fn run(args: &RecoverArgs) -> Result<ExitCode, String> {
    let recovery = Recovery::open(&args.file).map_err(|error| error.to_string())?;
    let (count, process) = (write(&recovery, args)?, recovery.process());
    let torn: Vec<PathBuf> = recovery.torn_files().map(Path::to_owned).collect();
    let mut done = String::new();
    if !args.keep {
        recovery.finish().map_err(|error| {
            format!("the records are written, but {} stays: {error}", args.file.display())
        })?;
        for path in torn {
            done += &format!("; cut an unfinished line off {}", path.display());
        }
    }
    // Beside the records, which may go to standard output.
    let _ = writeln!(
        std::io::stderr(),
        "ripsaw: {count} record{} of process {process}{done}",
        if count == 1 { "" } else { "s" },
    );
    Ok(ExitCode::SUCCESS)
}

fn write(recovery: &Recovery, args: &RecoverArgs) -> Result<usize, String> {
    let mut format: Box<dyn Format> = match args.format {
        Style::Text => Box::new(Text::new()),
        Style::KeyValue => Box::new(KeyValue::new()),
        Style::Json => Box::new(Json::new()),
    };
    let (mut out, name): (Box<dyn Write>, _) = match &args.output {
        Some(path) => {
            let name = path.display().to_string();
            match OpenOptions::new().append(true).create(true).open(path) {
                Ok(file) => (Box::new(file), name),
                Err(error) => return Err(format!("cannot write {name}: {error}")),
            }
        }
        None => (Box::new(std::io::stdout().lock()), "standard output".to_owned()),
    };
    let mut out = BufWriter::new(&mut out);
    let (mut count, mut line) = (0, Vec::new());
    let mut print = || {
        for record in recovery.records() {
            line.clear();
            format.record(&record, &mut line);
            out.write_all(&line)?;
            count += 1;
        }
        out.flush()
    };
    match print() {
        Ok(()) => Ok(count),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            Err("the reader of the records has gone; nothing was changed".to_owned())
        }
        Err(error) => Err(format!("cannot write {name}: {error}")),
    }
}
