//! What is hidden, what is not, and what is written instead.

use crate::support::Engine;
use ripsaw::process::{Detector, Draft, Flow, Redact};
use ripsaw::{Event, Level, Logger, Sensitive, Value, info};

#[test]
fn inv_051_redaction_by_exact_keys_with_a_placeholder_of_its_own() {
    let engine =
        Engine::with(Redact::none().keys(["password", "SSN"]).placeholder("***REDACTED***"));
    info!(password = "p", ssn = 7, user_password = "q", "e");
    let line = "INFO     e password=***REDACTED*** ssn=***REDACTED*** user_password=q";
    assert_eq!(engine.line(), line);
}

fn nested() -> Value {
    Value::from([
        ("Api_Key", Value::from("k")),
        ("monkey", Value::from("banana")),
        ("tokens_used", Value::from(42)),
        ("session_count", Value::from(3)),
        (
            "list",
            Value::List(vec![
                Value::from([("email", Value::from("a@b"))]),
                Value::from("password=x"),
                Value::List(vec![Value::from([("ssn", Value::from("1"))])]),
            ]),
        ),
        ("n", Value::from([("CREDIT_CARD_no", Value::from("4111"))])),
    ])
}

#[test]
fn inv_052_redaction_by_substring_at_any_depth() {
    let parts = ["key", "token", "session", "email", "ssn", "credit_card"];
    let engine = Engine::with(Redact::none().substrings(parts));
    info!(o = nested(), keyboard = 1, "e");
    assert_eq!(
        engine.line(),
        r#"INFO     e o="{\"Api_Key\":\"[REDACTED]\",\"monkey\":\"[REDACTED]\",\"tokens_used\":\"[REDACTED]\",\"session_count\":\"[REDACTED]\",\"list\":[{\"email\":\"[REDACTED]\"},\"password=x\",[{\"ssn\":\"[REDACTED]\"}]],\"n\":{\"CREDIT_CARD_no\":\"[REDACTED]\"}}" keyboard=[REDACTED]"#
    );
}

#[test]
fn inv_053_redaction_by_word() {
    let engine = Engine::with(Redact::new());
    info!(o = nested(), keyboard = 1, monkey = 2, userPassword = "x", "e");
    let line = engine.line();
    for kept in [r#"\"monkey\":\"banana\""#, r#"\"tokens_used\":42"#, r#"\"session_count\":3"#] {
        assert!(line.contains(kept), "{line}");
    }
    assert!(line.ends_with("keyboard=1 monkey=2 userPassword=[REDACTED]"), "{line}");
    assert_eq!(line.matches("[REDACTED]").count(), 5, "{line}");
}

#[test]
fn inv_053_redaction_by_path() {
    let engine = Engine::with(Redact::none().paths(["user.card.number", "a.*.z"]));
    let card = Value::from([("number", Value::from(1)), ("name", Value::from("n"))]);
    let user = Value::from([("card", card.clone()), ("number", Value::from(5))]);
    info!(user, card, user.card.number = 4, a.b.z = 1, a.z = 2, "e");
    assert_eq!(
        engine.line(),
        r#"INFO     e user="{\"card\":{\"number\":\"[REDACTED]\",\"name\":\"n\"},\"number\":5}" card="{\"number\":1,\"name\":\"n\"}" user.card.number=[REDACTED] a.b.z=[REDACTED] a.z=2"#
    );
}

#[test]
fn inv_053_detectors_look_at_texts_messages_and_numbers() {
    let engine = Engine::with(Redact::none().detect(Detector::ALL));
    info!(
        note = "mail ann@example.org",
        n = 4111111111111111_u64,
        id = 7,
        "card {} and {} of {}",
        "4111 1111",
        "1111 1111",
        "Bearer abc.def.ghi"
    );
    assert_eq!(
        engine.line(),
        "INFO     card [REDACTED] and 1111 1111 of Bearer [REDACTED] note=\"mail [REDACTED]\" n=[REDACTED] id=7"
            .replace("card [REDACTED] and", "card 4111 1111 and")
    );
    info!("card {} {}", "4111 1111", "1111 1111");
    assert_eq!(engine.line(), "INFO     card [REDACTED]");
    Event::new(Level::Info, "to bob@example.org").field("x", "AKIAIOSFODNN7EXAMPLE").emit();
    assert_eq!(engine.line(), "INFO     to [REDACTED] x=[REDACTED]");
}

#[test]
fn inv_053_hash_and_partial_mask() {
    let engine = Engine::with(Redact::new().hash_with([1, 2]));
    info!(token = "abc", secret = "abc", key = "abd", "e");
    let line = engine.line();
    let hashes: Vec<&str> = line.split("=hash:").skip(1).map(|rest| &rest[..16]).collect();
    assert_eq!(hashes.len(), 3, "{line}");
    assert!(hashes[0] == hashes[1] && hashes[1] != hashes[2], "{line}");
    let engine = Engine::with(Redact::new().keep_last(4));
    info!(token = "0123456789", secret = "short", key = 1234567890_u64, "e");
    assert_eq!(engine.line(), "INFO     e token=****6789 secret=**** key=****7890");
}

#[test]
fn inv_053_arguments_of_messages_are_hidden_too() {
    struct User {
        token: &'static str,
    }
    let engine = Engine::with(Redact::new());
    let (password, user) = ("hunter2", User { token: "t-0815" });
    info!("a {password} b {password:?} c {} d {p} e {}", user.token, password.len(), p = password);
    assert_eq!(engine.line(), "INFO     a [REDACTED] b [REDACTED] c [REDACTED] d [REDACTED] e 7");
    let other = password;
    info!(password, n = 1, "x {other} y {}", format!("<{other}>"));
    assert_eq!(engine.line(), "INFO     x [REDACTED] y <[REDACTED]> password=[REDACTED] n=1");
    info!(password, n = 1, "only fields");
    assert_eq!(engine.line(), "INFO     only fields password=[REDACTED] n=1");
}

#[test]
fn inv_053_contexts_are_redacted_once_and_kept() {
    let engine = Engine::with(Redact::new());
    let log = Logger::new("shop").with("tenant", "eu").with("api_key", "k-4711");
    for i in 0..3 {
        info!(logger: &log, i, "e");
        info!(logger: &log, i, "got {}", "k-4711");
    }
    let lines = engine.lines();
    for i in 0..3 {
        let fields = format!("tenant=eu api_key=[REDACTED] i={i}");
        assert_eq!(lines[2 * i], format!("INFO     e {fields}"));
        assert_eq!(lines[2 * i + 1], format!("INFO     got [REDACTED] {fields}"));
    }
}

#[test]
fn inv_053_redaction_behind_other_processors_and_of_events() {
    let change = |draft: &mut Draft<'_>| {
        draft.set("token", "abcdef");
        Flow::Keep
    };
    let engine = Engine::start(
        ripsaw::builder()
            .format(ripsaw::format::Text::new().timestamp(false).target(false))
            .processor(change)
            .processor(Redact::new()),
    );
    info!(n = 1, "is {}", "abcdef");
    assert_eq!(engine.line(), "INFO     is [REDACTED] n=1 token=[REDACTED]");
    Event::new(Level::Info, "has abcdef").field("x", 1).emit();
    assert_eq!(engine.line(), "INFO     has [REDACTED] x=1 token=[REDACTED]");
    let engine = Engine::with(Redact::new());
    Event::new(Level::Info, "has abcdef").field("token", "abcdef").emit();
    assert_eq!(engine.line(), "INFO     has [REDACTED] token=[REDACTED]");
}

#[test]
fn inv_053_what_is_too_deep_is_hidden() {
    let engine = Engine::with(Redact::new().depth(1));
    let deep = Value::from([("a", Value::from([("b", Value::from(1))])), ("c", Value::from(2))]);
    info!(deep, s = Sensitive("x"), "e");
    let line = r#"INFO     e deep="{\"a\":\"[REDACTED]\",\"c\":2}" s=[REDACTED]"#;
    assert_eq!(engine.line(), line);
}

/// Every kind of argument, more than the first words of tags hold, hidden between others that have bytes.
#[test]
fn hidden_arguments_leave_the_others_where_they_are() {
    let engine = Engine::with(Redact::new());
    info!(
        a = "one", key1 = "secret one", b = "two", key2 = 2, c = "three", key3 = 3.5, d = Some("four"),
        key4 = None::<u8>, e = "five", key5 = ?[1, 2], f = [1, 2], key6 = true, g = 7, key7 = "x", h = "six",
        key8 = 'c', i = "seven",
        "e"
    );
    assert_eq!(
        engine.line(),
        "INFO     e a=one key1=[REDACTED] b=two key2=[REDACTED] c=three key3=[REDACTED] d=four \
         key4=[REDACTED] e=five key5=[REDACTED] f=[1,2] key6=[REDACTED] g=7 key7=[REDACTED] h=six \
         key8=[REDACTED] i=seven"
    );
}

#[cfg(feature = "patterns")]
#[test]
fn inv_053_patterns_of_the_user_are_found_behind_their_literals() {
    let redact = Redact::none().pattern(r"(?i)acct-\d{6,}", ["acct-"]).unwrap();
    let memory = ripsaw::sink::Memory::new();
    let guard = ripsaw::builder()
        .processor(redact)
        .format(ripsaw::format::Text::new().timestamp(false).target(false))
        .sink(memory.clone())
        .start_local()
        .unwrap();
    let attached = guard.attach();
    ripsaw::info!(note = "pay ACCT-123456 now", short = "acct-12", "from {}", "acct-654321");
    guard.handle().flush(std::time::Duration::from_secs(60)).unwrap();
    let line = "INFO     from [REDACTED] note=\"pay [REDACTED] now\" short=acct-12";
    assert_eq!(memory.lines(), [line]);
    drop(attached);
    let error = Redact::new().pattern("(", []).unwrap_err().to_string();
    assert!(error.contains("Redact::pattern"), "{error}");
}
