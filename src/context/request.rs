//! The fields that a web service's requests usually have.

use super::{Context, CorrelationId};
use crate::codec::Value;

/// The context of a request in six fields, each of which is always there, and extras.
///
/// ```
/// use ripsaw::context::RequestContext;
/// let request = RequestContext::new().user_id("u-7").route("GET", "/orders").service("shop", "production");
/// let _scope = request.with_extra("tenant", "eu").context().enter();
/// ripsaw::info!("handled");
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct RequestContext {
    correlation_id: CorrelationId,
    user_id: Option<String>,
    path: Option<String>,
    method: Option<String>,
    service: String,
    environment: String,
    extras: Vec<(String, Value)>,
}

impl Default for RequestContext {
    fn default() -> RequestContext {
        RequestContext::new()
    }
}

impl RequestContext {
    /// A new correlation id, no user, no route, service `api` in `development`.
    pub fn new() -> RequestContext {
        RequestContext {
            correlation_id: CorrelationId::random(),
            user_id: None,
            path: None,
            method: None,
            service: "api".to_owned(),
            environment: "development".to_owned(),
            extras: Vec::new(),
        }
    }

    /// Sets `correlation_id`.
    pub fn correlation_id(mut self, id: CorrelationId) -> RequestContext {
        self.correlation_id = id;
        self
    }

    /// Sets `user_id`, which is null otherwise.
    pub fn user_id(mut self, id: impl Into<String>) -> RequestContext {
        self.user_id = Some(id.into());
        self
    }

    /// Sets `request_method` and `request_path`, which are null otherwise.
    pub fn route(mut self, method: impl Into<String>, path: impl Into<String>) -> RequestContext {
        (self.method, self.path) = (Some(method.into()), Some(path.into()));
        self
    }

    /// Sets `service_name` and `environment`.
    pub fn service(
        mut self,
        name: impl Into<String>,
        environment: impl Into<String>,
    ) -> RequestContext {
        (self.service, self.environment) = (name.into(), environment.into());
        self
    }

    /// Adds a field behind the six, or gives it a new value. One with the key of one of the six takes its place.
    pub fn with_extra(mut self, key: &str, value: impl Into<Value>) -> RequestContext {
        let value = value.into();
        match self.extras.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value,
            None => self.extras.push((key.to_owned(), value)),
        }
        self
    }

    /// The fields `correlation_id`, `user_id`, `request_path`, `request_method`, `service_name`, `environment`, and the extras.
    pub fn context(&self) -> Context {
        let six = [
            ("correlation_id", Value::from(self.correlation_id.as_str())),
            ("user_id", Value::from(self.user_id.clone())),
            ("request_path", Value::from(self.path.clone())),
            ("request_method", Value::from(self.method.clone())),
            ("service_name", Value::from(self.service.as_str())),
            ("environment", Value::from(self.environment.as_str())),
        ];
        let extra = |key: &str| self.extras.iter().find(|(known, _)| known == key);
        let mut fields: Vec<(&str, Value)> = Vec::from(six);
        for (key, value) in &mut fields {
            if let Some((_, extra)) = extra(key) {
                *value = extra.clone();
            }
        }
        let others = self.extras.iter().map(|(key, value)| (key.as_str(), value.clone()));
        fields.into_iter().chain(others).fold(Context::new(), |context, (key, value)| {
            if context.get(key).is_some() { context } else { context.with(key, value) }
        })
    }
}
