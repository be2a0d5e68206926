//! What `tracing_subscriber` calls.

use super::entered::{enter, exit, instead, stale, update};
use super::options::{Layer, SpanEvents};
use super::spans::{State, chain, change, close, encoded, generation, is_first_entry, keep};
use super::{levels, visit};
use crate::codec::{Bound, TreeWriter, Value, ValueRef};
use crate::lane::Busy;
use std::sync::Arc;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::subscriber::{Interest, Subscriber};
use tracing_core::{Dispatch, Event, LevelFilter, Metadata};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

const FOLLOWS_FROM: &str = "follows_from";

impl<S> tracing_subscriber::Layer<S> for Layer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        levels::known(dispatch);
    }

    fn register_callsite(&self, meta: &'static Metadata<'static>) -> Interest {
        if self.gates { levels::interest(meta) } else { Interest::always() }
    }

    fn enabled(&self, meta: &Metadata<'_>, _: Context<'_, S>) -> bool {
        !self.gates || levels::enabled(meta)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        if self.gates { levels::hint() } else { None }
    }

    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        // What an allocator does in the middle of the engine's own work has no fields.
        if Busy::is_active() || !levels::enabled(attrs.metadata()) {
            return;
        }
        let own = encoded(attrs.metadata().fields(), |visitor| attrs.record(visitor));
        let Some(span) = ctx.span(id) else { return };
        keep(&span, own, self.names, self.events.has(SpanEvents::CLOSE));
        self.tell(&span, SpanEvents::NEW, "new");
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        if let Some(meta) = ctx.metadata(id)
            && !Busy::is_active()
        {
            let more = Arc::new(encoded(meta.fields(), |visitor| values.record(visitor)));
            self.change(id, &ctx, |_| more.clone());
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, ctx: Context<'_, S>) {
        if !self.follows || Busy::is_active() {
            return;
        }
        let Some(followed) = ctx.metadata(follows) else { return };
        self.change(id, &ctx, |own| Arc::new(with_followed(own, followed.name())));
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        if Busy::is_active() {
            return;
        }
        let Some(span) = ctx.span(id) else { return };
        self.tick(&span, false);
        if let Some(on_enter) = &self.on_enter
            && is_first_entry(&span)
        {
            let fields = on_enter.fields();
            if !fields.is_empty() {
                let more = Arc::new(map_of(&fields));
                change(&span, self.names, |_| more.clone());
            }
        }
        let seen = generation();
        enter((self.id, id.into_u64()), chain(&span, self.names), seen);
        self.tell(&span, SpanEvents::ENTER, "enter");
    }

    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        // As in `on_enter`: what was not entered is not left.
        if Busy::is_active() {
            return;
        }
        if (self.events.has(SpanEvents::EXIT) || self.events.has(SpanEvents::CLOSE))
            && let Some(span) = ctx.span(id)
        {
            self.tick(&span, true);
            self.tell(&span, SpanEvents::EXIT, "exit");
        }
        exit((self.id, id.into_u64()));
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        if event.is_contextual() {
            self.refresh(&ctx);
            visit::record_event(event);
        } else if levels::enabled(event.metadata()) {
            let span = ctx.event_span(event);
            let fields = span.and_then(|span| chain(&span, self.names));
            instead(fields, || visit::record_event(event));
        }
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(&id) else { return };
        let Some(state) = close(&span) else { return };
        let (fields, timing) = state.into_parts();
        if let Some(timing) = timing {
            let (busy, idle) = timing.ms();
            let times = [("busy_ms", ValueRef::F64(busy)), ("idle_ms", ValueRef::F64(idle))];
            instead(fields, || visit::record_span(span.metadata(), "close", &times));
        }
    }
}

impl Layer {
    /// Puts fields in force that were recorded after the thread had entered its innermost span.
    fn refresh<S>(&self, ctx: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let seen = generation();
        if let Some(id) = stale(self.id, seen)
            && !Busy::is_active()
            && let Some(span) = ctx.span(&Id::from_u64(id))
        {
            update((self.id, id), chain(&span, self.names), seen);
        }
    }

    fn change<S>(&self, id: &Id, ctx: &Context<'_, S>, more: impl Fn(&Bound) -> Arc<Bound>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if let Some(span) = ctx.span(id)
            && change(&span, self.names, more)
        {
            // Native records of this thread have them at once, too.
            self.refresh(ctx);
        }
    }

    fn tell<'a, S: LookupSpan<'a>>(&self, span: &SpanRef<'a, S>, what: SpanEvents, said: &str) {
        if self.events.has(what) && span.extensions().get::<State>().is_some() {
            let fields = chain(span, self.names);
            instead(fields, || visit::record_span(span.metadata(), said, &[]));
        }
    }

    fn tick<'a, S: LookupSpan<'a>>(&self, span: &SpanRef<'a, S>, was_busy: bool) {
        if self.events.has(SpanEvents::CLOSE)
            && let Some(state) = span.extensions_mut().get_mut::<State>()
            && let Some(timing) = &mut state.timing
        {
            timing.tick(was_busy);
        }
    }
}

/// One more name in the list of spans that a span follows from.
fn with_followed(own: &Bound, name: &str) -> Bound {
    let known = own.entries().find(|(key, _)| *key == FOLLOWS_FROM).map(|(_, value)| value);
    let mut names: Vec<Value> = match known {
        Some(ValueRef::List(names)) => names.items().map(Value::from).collect(),
        _ => Vec::new(),
    };
    names.push(Value::from(name));
    map_of(&[(FOLLOWS_FROM, Value::List(names))])
}

fn map_of(fields: &[(&'static str, Value)]) -> Bound {
    let mut bytes = Vec::new();
    let at = bytes.open_map();
    for (key, value) in fields {
        bytes.key(key);
        bytes.value(value);
    }
    bytes.patch(at, fields.len() as u32);
    Bound::new(None, bytes)
}
