//! Runs a case and judges it.

use crate::case::{Bearing, Case, LogOp, Op, Setup};
use crate::json::Json;
use crate::py::{Interpreter, Unwind, Val};
use crate::session::{Session, level_of};
use crate::{compare, decide, programs, settings, traceback};

/// What came of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is as expected, or as decided.
    Passed,
    /// It is not, and why.
    Failed(String),
    /// It was not run, and why.
    Skipped(&'static str),
}

/// What a case did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// The lines.
    pub(crate) lines: Vec<String>,
    /// What the calls returned or raised.
    pub(crate) results: Vec<Json>,
    /// Type, message and causes of the errors that were logged, if they are not in the lines.
    pub(crate) errors: Vec<[Json; 3]>,
}

/// Runs a case and judges it.
pub fn judge(case: &Case) -> Verdict {
    match case.bearing {
        Bearing::DoNotImitate => return Verdict::Skipped("an accident or a bug of the library"),
        Bearing::Reference => return Verdict::Skipped("another library, for comparison only"),
        Bearing::Imitate | Bearing::Decide | Bearing::Partial => {}
    }
    match run(case).and_then(|outcome| weigh(case, &outcome)) {
        Ok(()) => Verdict::Passed,
        Err(why) => Verdict::Failed(why),
    }
}

/// Whether the outcome is the expected one, or the decided one where the case leaves room.
fn weigh(case: &Case, outcome: &Outcome) -> Result<(), String> {
    if case.bearing == Bearing::Partial {
        let (records, tracebacks) = traceback::split(&case.expected);
        traceback::difference(&tracebacks, &outcome.errors).map_or(Ok(()), Err)?;
        return same(case, &records, case.results.as_deref(), outcome);
    }
    let as_expected = same(case, &case.expected, case.results.as_deref(), outcome);
    if as_expected.is_ok() || case.bearing != Bearing::Decide {
        return as_expected;
    }
    if let Some(decision) = decide::find(&case.id)? {
        let results = decision.results.as_deref();
        return same(case, &decision.expected, results, outcome)
            .map_err(|why| format!("decided by `{}`, but {why}", decision.rule));
    }
    // The rules that hold for any case.
    if let Some(canonical) = decide::canonical(case) {
        let meant = run(&canonical)?;
        return same(case, &meant.lines, Some(&meant.results), outcome);
    }
    match decide::alike(&case.expected, &outcome.lines) {
        true => same(case, &outcome.lines, case.results.as_deref(), outcome),
        false => as_expected,
    }
}

/// The most lines that a case records; one that logs more records none.
const RECORDED: usize = 500;

/// Where an outcome is not the expected one, that is an error.
fn same(
    case: &Case,
    expected: &[String],
    results: Option<&[Json]>,
    outcome: &Outcome,
) -> Result<(), String> {
    let lenient: &[&str] =
        if case.normalised.iter().any(|n| n == "duration") { &["duration_ms"] } else { &[] };
    let got = &outcome.lines;
    let fits = |got: &[String]| {
        let fits = |(expected, got): (&String, &String)| {
            compare::line(expected, got, lenient)
                || compare::line(&decide::spelled(expected), got, lenient)
        };
        got.len() == expected.len() && expected.iter().zip(got).all(fits)
    };
    let unrecorded = expected.is_empty() && got.len() > RECORDED;
    if !(unrecorded || fits(got) || fits(&decide::unfolded(got))) {
        return Err(format!("expected {}, got {}", shown(expected), shown(got)));
    }
    for (i, expected) in results.unwrap_or(&[]).iter().enumerate() {
        // What a log call returns is nothing; where the library returns something else, that is an accident of its own.
        let is_log = matches!(case.calls.get(i), Some(Op::Log(_)));
        let got = outcome.results.get(i).unwrap_or(&Json::Null);
        let ignored = is_log && expected.get("ok").is_some();
        if !ignored && !compare::json(expected, got, lenient) {
            return Err(format!("call {}: expected {expected}, got {got}", i + 1));
        }
    }
    Ok(())
}

fn shown(lines: &[String]) -> String {
    let lines: Vec<Json> = lines.iter().map(|line| Json::Str(line.clone())).collect();
    Json::List(lines).to_string()
}

/// Runs a case.
///
/// # Errors
/// What in the case is not understood, or cannot be set up.
pub(crate) fn run(case: &Case) -> Result<Outcome, String> {
    let mut session = Session::start()?;
    let _attached = session.attach();
    let mut warnings = Vec::new();
    let mut printed = Vec::new();
    let mut results = Vec::new();
    if case.bearing == Bearing::Partial {
        session.set_errors_apart();
    }
    if case.title.contains("TTY") {
        session.set_terminal();
    }
    set_up(&mut session, &case.config, case, &mut warnings)?;
    let mut interpreter = Interpreter::new(&mut session, &case.env);
    for op in &case.calls {
        let done = match op {
            Op::Log(call) => log(&mut interpreter, call),
            Op::Bind(call) => bind(&mut interpreter, call),
            Op::Setup(setup) => set_up(interpreter.session, setup, case, &mut warnings)
                .map(|()| Val::None)
                .map_err(Unwind::Unknown),
            Op::Py(code) => interpreter.run(code),
            Op::Text(text) => match programs::run(case, interpreter.session) {
                Some(Ok(lines)) => return Ok(Outcome { lines, ..Outcome::default() }),
                Some(Err(why)) => Err(Unwind::Unknown(why)),
                None => scenario(&mut interpreter, case, text, &mut printed),
            },
        };
        let (kind, value) = match done {
            Ok(value) => ("ok", value.to_json()),
            Err(Unwind::Raise(error)) => {
                ("raised", Json::Str(format!("{}: {}", error.kind, error.message())))
            }
            Err(Unwind::Unknown(what)) => return Err(format!("not understood: {what}")),
            Err(other) => return Err(format!("a program ended with {other:?}")),
        };
        results.push(Json::Map(vec![(kind.to_owned(), value)]));
    }
    if matches!(case.config, Setup::FromEnv | Setup::Lazy) {
        let config = settings::to_json(&session.config);
        results.push(Json::Map(vec![("config".to_owned(), config)]));
    }
    let lines = [warnings, printed, session.lines()].concat();
    Ok(Outcome { lines, results, errors: session.errors() })
}

fn set_up(
    session: &mut Session,
    setup: &Setup,
    case: &Case,
    lines: &mut Vec<String>,
) -> Result<(), String> {
    let config = match setup {
        Setup::Given(json) => settings::from_json(json)?,
        Setup::FromEnv | Setup::Lazy => {
            let (config, warnings) = settings::from_env(&case.env);
            lines.extend(warnings.iter().filter_map(ripsaw::ConfigWarning::compat));
            config
        }
    };
    session.setup(config)
}

/// A scenario that is an expression: its value is printed.
fn scenario(
    interpreter: &mut Interpreter<'_>,
    case: &Case,
    text: &str,
    printed: &mut Vec<String>,
) -> Result<Val, Unwind> {
    let clock = case.title.split_once("clock ").map(|(_, rest)| rest);
    let clock = clock.and_then(|rest| rest.split([',', ';', ' ']).next()?.parse().ok());
    interpreter.now = clock.unwrap_or(interpreter.now);
    match interpreter.value_of(text) {
        Ok(value) => {
            printed.push(value.to_json().to_string());
            Ok(Val::None)
        }
        Err(Unwind::Unknown(_)) if !text.ends_with(')') => {
            Err(Unwind::Unknown(format!("the scenario `{text}`")))
        }
        Err(Unwind::Raise(error)) if error.kind == "NameError" => {
            Err(Unwind::Unknown(format!("the scenario `{text}`: {error}")))
        }
        Err(other) => Err(other),
    }
}

fn log(interpreter: &mut Interpreter<'_>, call: &LogOp) -> Result<Val, Unwind> {
    let level = level_of(&call.method)
        .ok_or_else(|| Unwind::Unknown(format!("the method `{}`", call.method)))?;
    let logger = interpreter.logger(call.logger.as_deref());
    let event = match &call.event {
        Json::Str(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    let mut args = Vec::new();
    for arg in &call.args {
        args.push(value(interpreter, arg)?);
    }
    let mut fields = Vec::new();
    for (key, field) in &call.fields {
        fields.push((key.clone(), value(interpreter, field)?));
    }
    interpreter.log(&logger, &call.method, level, &event, &args, fields).map(|()| Val::None)
}

/// Gives a logger more fields: the one of the same name, or of the name that is given for the new one.
fn bind(interpreter: &mut Interpreter<'_>, call: &Json) -> Result<Val, Unwind> {
    let name = call.get("logger").and_then(Json::str);
    let mut bound = interpreter.logger(name);
    for key in call.get("unbind").and_then(Json::list).unwrap_or(&[]).iter().filter_map(Json::str) {
        bound.unbind(key);
    }
    for (key, field) in call.get("kwargs").and_then(Json::map).unwrap_or(&[]) {
        let field = value(interpreter, field)?;
        bound.bind(key, &field.to_json().to_value());
    }
    let to = ["as", "name", "to"].iter().find_map(|key| call.get(key).and_then(Json::str));
    interpreter.keep(to.or(name), bound);
    Ok(Val::None)
}

/// A value of a case; `{"$py": ..}` is an expression.
fn value(interpreter: &mut Interpreter<'_>, json: &Json) -> Result<Val, Unwind> {
    match json {
        Json::Map(entries) => match entries.as_slice() {
            [(key, Json::Str(code))] if key == "$py" => interpreter.value_of(code),
            entries => {
                let mut values = Vec::new();
                for (key, entry) in entries {
                    values.push((key.clone(), value(interpreter, entry)?));
                }
                Ok(Val::dict(values))
            }
        },
        Json::List(items) => {
            let mut values = Vec::new();
            for item in items {
                values.push(value(interpreter, item)?);
            }
            Ok(Val::list(values))
        }
        other => Ok(Val::from_json(other)),
    }
}
