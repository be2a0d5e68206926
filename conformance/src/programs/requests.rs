//! What a request's records have in common.

use super::{frozen, object};
use crate::case::Case;
use crate::json::Json;
use crate::py::Error;
use crate::session::Session;
use ripsaw::Context;
use ripsaw::context::{CorrelationId, RequestContext};

/// The fields of a context, then those of one with more extras; then one that is set and reset.
pub(super) fn context(_: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let id = "c".parse::<CorrelationId>().map_err(|e| e.to_string())?;
    let first = RequestContext::new().correlation_id(id).user_id("u").with_extra("a", 1);
    let second = first.clone().with_extra("a", 2).with_extra("b", 3);
    let token = first.context().set();
    let set = Context::current().get("user_id").is_some();
    token.reset();
    let reset = Context::current().is_empty();
    let last = object(vec![("set", Json::Bool(set)), ("after_reset", Json::Bool(reset))]);
    Ok(vec![shown(&first)?, shown(&second)?, last.to_string()])
}

/// The fields as a format writes them.
fn shown(request: &RequestContext) -> Result<String, String> {
    use ripsaw::format::{Json as Form, Member, Schema};
    let memory = ripsaw::sink::Memory::new();
    let form = Form::with(Schema::new().order([Member::Event, Member::Fields]));
    let builder = ripsaw::builder().format(form.map_err(|e| e.to_string())?).sink(memory.clone());
    let guard = builder.manual().arena_bytes(1 << 20).start_local().map_err(|e| e.to_string())?;
    let attached = guard.attach();
    let scope = request.context().enter_alone();
    ripsaw::Event::new(ripsaw::Level::Info, "").emit();
    drop((scope, attached));
    while guard.handle().pump() > 0 {}
    let mut made = Json::parse(memory.text().trim_end())?;
    if let Json::Map(entries) = &mut made {
        entries.retain(|(key, _)| key != "event");
    }
    Ok(made.to_string())
}

/// The records of a service whose context has a service's and an environment's name: one below the threshold, and three above.
/// The last tells of an error. The clock stands still.
pub(super) fn structured(case: &Case, _: &mut Session) -> Result<Vec<String>, String> {
    let words = case.texts().next().unwrap_or("");
    let argument = |name: &str| {
        let rest = words.split_once(&format!("{name}='"))?.1;
        Some(rest.split_once('\'')?.0.to_owned())
    };
    let service = argument("service_name").unwrap_or_else(|| "api".to_owned());
    let environment = argument("environment").unwrap_or_else(|| "development".to_owned());
    frozen(|_| {
        let _scope = RequestContext::new().service(service, environment).context().enter_alone();
        let log = ripsaw::Logger::new("app.service");
        log.debug("not seen").emit();
        log.info("Processing request").field("duration_ms", 150).field("job_id", "123").emit();
        log.warn("w").field("user_id", "override").field("obj", "{1}").emit();
        let error = Error::new("ZeroDivisionError", "division by zero");
        crate::py::tell(log.error("failed"), &error).field("k", 1).emit();
    })
}
