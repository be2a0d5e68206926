//! The command line.

use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: cargo xtask compare [options]

Builds every rival, runs each workload of each in rotation, checks the files, and writes the tables
into PERFORMANCE.md and a chart to bench-compare/compare.svg.

options:
  --rotations N       how often each run is repeated; medians are shown (default 5)
  --rivals A,B        only these, by the names of bench-compare/rivals/*.rs; ripsaw is always there
  --workloads A,B     only these: basic, threads2, threads10, string35, large, json,
                      json_context, latency, latency_json, latency_context
  --endings           instead of measuring: ends each in every way, and counts what is in its file
  --quick             one rotation of half the messages
  --program PATH      a rival of your own; it must speak the protocol of bench-compare/README.md
  --dir DIR           where the log files are written (default: the directory for temporary files)
  --json FILE         keeps the raw results
  --page FILE         the page with the tables (default: PERFORMANCE.md)
  --svg FILE          the chart (default: bench-compare/compare.svg)

With --quick, --rivals or --workloads the tables are only printed, unless --page or --svg is
given.";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) rotations: u32,
    pub(crate) rivals: Option<Vec<String>>,
    pub(crate) workloads: Option<Vec<String>>,
    pub(crate) quick: bool,
    pub(crate) endings: bool,
    pub(crate) programs: Vec<PathBuf>,
    pub(crate) dir: PathBuf,
    pub(crate) json: Option<PathBuf>,
    pub(crate) page: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
}

impl Args {
    /// Whether these are the figures of everything, which the repository keeps.
    pub(crate) fn complete(&self) -> bool {
        !self.quick && self.rivals.is_none() && self.workloads.is_none()
    }
}

/// Reads the arguments; `Ok(None)` if help was asked for.
///
/// # Errors
/// One line that says what makes no sense.
pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
    let mut parsed = Args {
        rotations: 5,
        rivals: None,
        workloads: None,
        quick: false,
        endings: false,
        programs: Vec::new(),
        dir: std::env::temp_dir(),
        json: None,
        page: None,
        svg: None,
    };
    let mut rotations = None;
    let mut args = args;
    while let Some(option) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{option} needs a value"));
        match option.as_str() {
            "--rotations" => {
                let count = value()?.parse().ok().filter(|count| (1..=99).contains(count));
                rotations = Some(count.ok_or("--rotations takes a number from 1 to 99")?);
            }
            "--rivals" => parsed.rivals = Some(list(&value()?)),
            "--workloads" => parsed.workloads = Some(list(&value()?)),
            "--quick" => parsed.quick = true,
            "--endings" => parsed.endings = true,
            "--program" => parsed.programs.push(value()?.into()),
            "--dir" => parsed.dir = value()?.into(),
            "--json" => parsed.json = Some(value()?.into()),
            "--page" => parsed.page = Some(value()?.into()),
            "--svg" => parsed.svg = Some(value()?.into()),
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("no such option: {other}")),
        }
    }
    parsed.rotations = rotations.unwrap_or(if parsed.quick { 1 } else { 5 });
    Ok(Some(parsed))
}

fn list(names: &str) -> Vec<String> {
    names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Args>, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read() {
        let args = read("--rotations 2 --rivals a,b, --workloads json --json x").unwrap().unwrap();
        assert_eq!(args.rotations, 2);
        assert_eq!(args.rivals, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(args.workloads, Some(vec!["json".to_owned()]));
        assert_eq!(args.json, Some(PathBuf::from("x")));
        assert!(!args.complete());
        assert!(read("").unwrap().unwrap().complete());
    }

    #[test]
    fn quick_means_one_rotation_unless_told() {
        assert_eq!(read("--quick").unwrap().unwrap().rotations, 1);
        assert_eq!(read("--rotations 3 --quick").unwrap().unwrap().rotations, 3);
        assert_eq!(read("").unwrap().unwrap().rotations, 5);
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["--rotations", "--rotations 0", "--rotations x", "--fast", "basic"] {
            assert!(read(line).is_err(), "{line}");
        }
        assert_eq!(read("--quick --help"), Ok(None));
    }
}
