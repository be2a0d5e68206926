//! A case, as a line of the file tells it.

use crate::json::Json;

/// What was called, and what came of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// What it is about.
    pub group: String,
    /// In a sentence.
    pub(crate) title: String,
    /// How binding it is.
    pub(crate) bearing: Bearing,
    /// What the logger is set up with first.
    pub(crate) config: Setup,
    /// Variables of the environment.
    pub(crate) env: Vec<(String, String)>,
    /// The calls, in order.
    pub(crate) calls: Vec<Op>,
    /// The lines.
    pub(crate) expected: Vec<String>,
    /// What the calls returned or raised.
    pub(crate) results: Option<Vec<Json>>,
    /// What was replaced by a mark.
    pub(crate) normalised: Vec<String>,
}

/// How binding a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearing {
    /// The same lines.
    Imitate,
    /// The same lines, or what the decisions say.
    Decide,
    /// The same record; the traceback may differ.
    Partial,
    /// An accident or a bug of the library.
    DoNotImitate,
    /// Another library, for comparison.
    Reference,
}

/// What the logger is set up with.
#[derive(Clone, Debug)]
pub(crate) enum Setup {
    /// An object.
    Given(Json),
    /// The environment.
    FromEnv,
    /// Nothing: it sets itself up with the first call, from the environment.
    Lazy,
}

/// A call.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// A method of a logger.
    Log(LogOp),
    /// Gives a logger fields.
    Bind(Json),
    /// Sets up anew.
    Setup(Setup),
    /// A program.
    Py(String),
    /// A scenario, in words.
    Text(String),
}

/// A method of a logger.
#[derive(Clone, Debug)]
pub(crate) struct LogOp {
    /// `None` is the global one.
    pub(crate) logger: Option<String>,
    /// Its name.
    pub(crate) method: String,
    /// The event.
    pub(crate) event: Json,
    /// Arguments for the event's placeholders.
    pub(crate) args: Vec<Json>,
    /// Fields.
    pub(crate) fields: Vec<(String, Json)>,
}

impl Case {
    /// Reads a line.
    ///
    /// # Errors
    /// What is missing or not understood.
    pub fn parse(line: &str) -> Result<Case, String> {
        let json = Json::parse(line)?;
        let text = |key: &str| {
            json.get(key)
                .and_then(Json::str)
                .map(str::to_owned)
                .ok_or(format!("`{key}` is missing"))
        };
        let bearing = match text("rust")?.as_str() {
            "imitate" => Bearing::Imitate,
            "decide" => Bearing::Decide,
            "partial" => Bearing::Partial,
            "do-not-imitate" => Bearing::DoNotImitate,
            "reference" => Bearing::Reference,
            other => return Err(format!("unknown `rust`: {other}")),
        };
        let calls = json.get("calls").and_then(Json::list).ok_or("`calls` is missing")?;
        Ok(Case {
            id: text("id")?,
            group: text("group")?,
            title: text("title").unwrap_or_default(),
            bearing,
            config: Setup::parse(json.get("config").unwrap_or(&Json::Null))?,
            env: json.get("env").and_then(Json::map).unwrap_or(&[]).iter().map(pair).collect(),
            calls: calls.iter().map(Op::parse).collect::<Result<_, _>>()?,
            expected: texts(json.get("expected_output")),
            results: json.get("results").and_then(Json::list).map(<[Json]>::to_vec),
            normalised: texts(json.get("normalised")),
        })
    }
}

impl Case {
    /// The words of its scenarios.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.calls.iter().filter_map(|call| match call {
            Op::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

fn pair((key, value): &(String, Json)) -> (String, String) {
    (key.clone(), value.str().map_or_else(|| value.to_string(), str::to_owned))
}

fn texts(json: Option<&Json>) -> Vec<String> {
    let items = json.and_then(Json::list).unwrap_or(&[]);
    items.iter().map(|item| item.str().map_or_else(|| item.to_string(), str::to_owned)).collect()
}

impl Setup {
    fn parse(json: &Json) -> Result<Setup, String> {
        match json {
            Json::Map(_) => Ok(Setup::Given(json.clone())),
            Json::Null => Ok(Setup::FromEnv),
            Json::Str(word) if word == "from_env" => Ok(Setup::FromEnv),
            Json::Str(word) if word == "lazy" => Ok(Setup::Lazy),
            other => Err(format!("unknown `config`: {other}")),
        }
    }
}

impl Op {
    fn parse(json: &Json) -> Result<Op, String> {
        let text = |key: &str| {
            json.get(key)
                .and_then(Json::str)
                .map(str::to_owned)
                .ok_or(format!("`{key}` is missing"))
        };
        Ok(match text("op")?.as_str() {
            "log" => Op::Log(LogOp {
                logger: json.get("logger").and_then(Json::str).map(str::to_owned),
                method: text("method")?,
                event: json.get("event").cloned().unwrap_or(Json::Null),
                args: json.get("args").and_then(Json::list).unwrap_or(&[]).to_vec(),
                fields: json.get("kwargs").and_then(Json::map).unwrap_or(&[]).to_vec(),
            }),
            "bind" => Op::Bind(json.clone()),
            "setup" => Op::Setup(Setup::parse(json.get("config").unwrap_or(&Json::Null))?),
            "py" => Op::Py(text("code")?),
            "text" => Op::Text(text("text").unwrap_or_default()),
            other => return Err(format!("unknown `op`: {other}")),
        })
    }
}
