//! What headers say of a request.

use crate::Engine;
use ripsaw::context::{CorrelationId, Propagation, RequestContext, SpanId, TraceId};
use ripsaw::{Context, info};
use std::collections::HashSet;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn extract(headers: &[(&str, &str)]) -> Propagation {
    let get = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
    Propagation::extract(|name| get(name).map(|(_, value)| *value))
}

fn parent(text: &str) -> Propagation {
    extract(&[("traceparent", text)])
}

fn injected(at: &Propagation) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    at.inject_all(|name, value| out.push((name, value.to_owned())));
    out
}

#[test]
fn inv_104_explicit_fields_win_over_the_traces() {
    let engine = Engine::start();
    let at = parent(&format!("00-{TRACE}-{SPAN}-01"));
    let _scope = at.context().enter();
    info!("in the trace");
    info!(trace_id = "explicit", "own");
    assert_eq!(
        engine.lines(),
        [
            format!("in the trace trace_id={TRACE} span_id={SPAN}"),
            format!("own span_id={SPAN} trace_id=explicit"),
        ]
    );
}

#[test]
fn inv_105_a_request_continues_a_trace_or_begins_one() {
    let uuid = "11f3a7e0-9a64-4d3c-8a51-0f6f1d2c3b4a";
    let at = extract(&[("X-Trace-Id", uuid), ("X-Span-Id", "s-1")]).child();
    assert_eq!((at.trace_id(), at.parent_span_id()), (Some(uuid), Some("s-1")));
    let new = extract(&[]).child();
    assert!(new.trace_id().unwrap().parse::<TraceId>().is_ok() && new.parent_span_id().is_none());
    assert!(new.span_id().unwrap().parse::<SpanId>().is_ok());
}

#[test]
fn inv_106_a_call_is_a_child_span_without_a_parent_it_does_not_have() {
    let here = Propagation::new().child();
    let names: Vec<_> = injected(&here).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["traceparent", "X-Trace-Id", "X-Span-Id"]);
    let call = here.child();
    assert_eq!(call.trace_id(), here.trace_id());
    assert_eq!(call.parent_span_id(), here.span_id());
    assert_ne!(call.span_id(), here.span_id());
    let headers = injected(&call);
    let (trace, span) = (call.trace_id().unwrap(), call.span_id().unwrap());
    assert_eq!(headers[0], ("traceparent", format!("00-{trace}-{span}-01")));
    assert_eq!(headers[3], ("X-Parent-Span", here.span_id().unwrap().to_owned()));
    // The service that is called stands below the call.
    let there: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let there = extract(&there).child();
    assert_eq!((there.trace_id(), there.parent_span_id()), (Some(trace), Some(span)));
}

#[test]
fn inv_107_correlation_ids_in_and_out() {
    let both = extract(&[("X-Request-ID", "r"), ("X-Correlation-ID", "c")]);
    assert_eq!(both.correlation_id(), Some("c"));
    assert_eq!(injected(&both), [("X-Correlation-ID", "c".to_owned())]);
    let request = extract(&[("x-request-id", "r"), ("x-correlation-id", "bad id\r\nx: y")]);
    assert_eq!(request.correlation_id(), Some("r"));
    assert_eq!(request.problems()[0].header, "x-correlation-id");
    for bad in ["", "a b", "a\nb", "ü", "a\"b", "a,b", &"x".repeat(129)] {
        assert!(bad.parse::<CorrelationId>().is_err(), "{bad:?}");
    }
    assert!("x".repeat(128).parse::<CorrelationId>().is_ok());
}

#[test]
fn inv_107_traceparent_by_the_rules_of_its_versions() {
    let at = parent(&format!("00-{TRACE}-{SPAN}-00"));
    assert_eq!((at.trace_id(), at.span_id(), at.sampled()), (Some(TRACE), Some(SPAN), Some(false)));
    assert_eq!(injected(&at)[0].1, format!("00-{TRACE}-{SPAN}-00"));
    for (good, sampled) in [
        (format!("00-{TRACE}-{SPAN}-03"), true),
        (format!("cc-{TRACE}-{SPAN}-01"), true),
        (format!("cc-{TRACE}-{SPAN}-00-what the future brings"), false),
    ] {
        let at = parent(&good);
        assert_eq!((at.trace_id(), at.sampled()), (Some(TRACE), Some(sampled)), "{good}");
        assert!(at.problems().is_empty());
    }
    let zero = "0".repeat(32);
    for bad in [
        String::new(),
        "00".to_owned(),
        format!("ff-{TRACE}-{SPAN}-01"),
        format!("00-{TRACE}-{SPAN}-01-extra"),
        format!("00-{TRACE}-{SPAN}-01x"),
        format!("cc-{TRACE}-{SPAN}-01x"),
        format!("00-{TRACE}-{SPAN}-0"),
        format!("00-{TRACE}-{SPAN}-0g"),
        format!("00-{TRACE}-{SPAN}-+1"),
        format!("0G-{TRACE}-{SPAN}-01"),
        format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
        format!("00-{zero}-{SPAN}-01"),
        format!("00-{TRACE}-{}-01", &zero[..16]),
        format!("00_{TRACE}-{SPAN}-01"),
        format!(" 00-{TRACE}-{SPAN}-01"),
        format!("00-{}é-{SPAN}-01", &TRACE[..30]),
    ] {
        let at = parent(&bad);
        assert_eq!((at.trace_id(), at.problems().len()), (None, 1), "{bad:?}");
        assert_eq!(at.problems()[0].header, "traceparent");
    }
}

#[test]
fn inv_107_w3c_comes_before_x_trace_id() {
    let own = [("x-trace-id", "other"), ("x-span-id", "o"), ("x-parent-span", "p")];
    let traceparent = format!("00-{TRACE}-{SPAN}-01");
    let both = extract(&[&[("traceparent", &*traceparent)], &own[..]].concat());
    assert_eq!((both.trace_id(), both.parent_span_id()), (Some(TRACE), None));
    let bad = extract(&[&[("traceparent", "?")], &own[..]].concat());
    assert_eq!((bad.trace_id(), bad.parent_span_id()), (Some("other"), Some("p")));
    // An id that is not W3C's goes on in the headers that can carry it.
    let mut names = Vec::new();
    bad.child().inject(|name, _| names.push(name));
    assert_eq!(names, ["X-Trace-Id", "X-Span-Id", "X-Parent-Span"]);
}

#[test]
fn inv_107_tracestate_within_its_limits() {
    let traceparent = format!("00-{TRACE}-{SPAN}-01");
    let state = |text: &str| {
        let at = extract(&[("traceparent", &*traceparent), ("tracestate", text)]);
        let out = injected(&at).into_iter().find(|(name, _)| *name == "tracestate");
        (out.map_or(String::new(), |(_, value)| value), at.problems().len())
    };
    assert_eq!(state("a=1, t1@sys=x y ,,b/*=z"), ("a=1,t1@sys=x y,b/*=z".to_owned(), 0));
    assert_eq!(state("a=1,A=2,b=\u{7f},c,=d,1x=e,a=3,e="), ("a=1".to_owned(), 7));
    let many: Vec<String> = (0..40).map(|i| format!("k{i}=v")).collect();
    let (kept, problems) = state(&many.join(","));
    assert_eq!((kept.split(',').count(), problems), (32, 1));
    let long: Vec<String> = (0..9).map(|i| format!("k{i}={}", "v".repeat(97))).collect();
    assert_eq!(state(&long.join(",")).0.len(), 504);
    let alone = extract(&[("tracestate", "a=1")]);
    assert!(injected(&alone).is_empty(), "without a traceparent it means nothing");
}

#[test]
fn inv_107_baggage_is_decoded_checked_and_encoded() {
    let at = extract(&[(
        "baggage",
        "user=J%C3%BCrgen%20%22x%22%0A, plan = pro ;ttl=60;x,plan=basic,bad key=1,novalue,q=\"",
    )]);
    let entries: Vec<_> = at.baggage().collect();
    assert_eq!(entries, [("user", "Jürgen \"x\"\n"), ("plan", "pro")]);
    assert_eq!(at.problems().len(), 4);
    let expected = "user=J%C3%BCrgen%20%22x%22%0A,plan=pro;ttl=60;x".to_owned();
    assert_eq!(injected(&at), [("baggage", expected)]);
    let plan = at.context().get("baggage.plan").map(|plan| format!("{plan:?}"));
    assert_eq!(plan, Some("Str(\"pro\")".to_owned()));
    let many: Vec<String> = (0..100).map(|i| format!("k{i}={i}")).collect();
    assert_eq!(extract(&[("baggage", &many.join(","))]).baggage().count(), 64);
    let wide: Vec<String> = (0..20).map(|i| format!("k{i}={}", "v".repeat(1000))).collect();
    assert_eq!(extract(&[("baggage", &wide.join(","))]).baggage().count(), 8);
    let set =
        Propagation::new().with_baggage("a", "1").with_baggage("a", "ü").with_baggage("b\n", "");
    assert_eq!(injected(&set), [("baggage", "a=%C3%BC".to_owned())]);
}

#[test]
fn inv_107_no_header_breaks_a_line_or_another_header() {
    let engine = Engine::start();
    let evil = "a\r\nX-Evil: 1\u{2028}\u{0}";
    let names = [
        "traceparent",
        "tracestate",
        "baggage",
        "x-trace-id",
        "x-span-id",
        "x-parent-span",
        "x-correlation-id",
        "x-request-id",
    ];
    let headers: Vec<_> = names.iter().map(|name| (*name, evil)).collect();
    let at = extract(&headers);
    assert!(at.problems().len() >= 7, "{:?}", at.problems());
    assert!(injected(&at).is_empty());
    // What was escaped may mean anything; it stays one line, and one header.
    let at = extract(&[("baggage", "k=%0D%0AX-Evil:%201")]);
    assert!(injected(&at).iter().all(|(_, value)| !value.contains(['\r', '\n'])));
    let _scope = at.context().enter();
    info!("one line");
    assert_eq!(engine.lines().len(), 1);
}

#[test]
fn inv_109_ids_are_random_and_parse() {
    let ids: HashSet<TraceId> = (0..10_000).map(|_| TraceId::random()).collect();
    let spans: HashSet<SpanId> = (0..10_000).map(|_| SpanId::random()).collect();
    assert_eq!((ids.len(), spans.len()), (10_000, 10_000));
    let other = std::thread::spawn(TraceId::random).join().unwrap();
    assert!(!ids.contains(&other));
    for id in ids.iter().take(100) {
        assert_eq!(id.to_string().parse(), Ok(*id));
        assert_eq!(TraceId::from_bytes(id.to_bytes()), Some(*id));
    }
    assert_eq!(TraceId::from_bytes([0; 16]), None);
    let uuid = CorrelationId::random().to_string();
    assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
}

#[test]
fn inv_076_the_context_of_a_request() {
    let keys = |context: &Context| -> Vec<String> {
        context.fields().map(|(key, _)| key.to_owned()).collect()
    };
    let request =
        RequestContext::new().correlation_id("c".parse().unwrap()).user_id("u").with_extra("a", 1);
    let six = [
        "correlation_id",
        "user_id",
        "request_path",
        "request_method",
        "service_name",
        "environment",
    ];
    assert_eq!(keys(&request.context()), [&six[..], &["a"]].concat());
    let more = request.clone().with_extra("a", 2).with_extra("b", 3);
    assert_eq!(keys(&more.context()), [&six[..], &["a", "b"]].concat());
    let engine = Engine::start();
    let _scope = more.context().enter();
    info!("handled");
    let defaults = "request_path=null request_method=null service_name=api environment=development";
    assert_eq!(engine.lines()[0], format!("handled correlation_id=c user_id=u {defaults} a=2 b=3"));
    let (one, two) = (RequestContext::new(), RequestContext::new());
    assert_ne!(one.context().get("correlation_id"), two.context().get("correlation_id"));
}
