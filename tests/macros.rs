//! The macros through the public interface: what a statement says, and what it leaves alone.

use ripsaw::format::Json;
use ripsaw::sink::Memory;
use ripsaw::{Level, LevelFilter, Logger, Sensitive, Value};
use ripsaw::{critical, debug, enabled, error, event, info, trace, warn};
use serde_json::{Map, Value as Tree, json};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Verdicts hold for the process, so each test has it for itself.
static ALONE: Mutex<()> = Mutex::new(());

/// The records of an engine at `level`, as JSON objects.
fn logged_at(level: LevelFilter, statements: impl FnOnce()) -> Vec<Map<String, Tree>> {
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let memory = Memory::new();
    let guard = ripsaw::builder()
        .level(level)
        .format(Json::new().timestamp(false).location(true))
        .sink(memory.clone())
        .start_local()
        .expect("the engine starts");
    let attached = guard.attach();
    statements();
    drop(attached);
    let report = guard.shutdown(Duration::from_secs(30));
    drop(alone);
    assert_eq!((report.dropped, report.unflushed), (0, 0));
    let text = memory.text();
    text.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect()
}

fn logged(statements: impl FnOnce()) -> Vec<Map<String, Tree>> {
    logged_at(LevelFilter::NotSet, statements)
}

/// The only record: message and fields.
fn said(statement: impl FnOnce()) -> (String, Tree) {
    let mut lines = logged(statement);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let mut line = lines.remove(0);
    let message = line.remove("event").expect("a message");
    for key in ["level", "logger", "file", "line"] {
        line.remove(key);
    }
    (message.as_str().expect("text").to_owned(), Tree::Object(line))
}

/// `statement => "message" { "field": value };`
macro_rules! say {
    ($($statement:expr => $message:literal $({ $($fields:tt)* })?;)*) => {$(
        let want = ($message.to_owned(), json!({ $($($fields)*)? }));
        assert_eq!(said(|| $statement), want, "{}", stringify!($statement));
    )*};
}

/// The message of a statement is what `format!` makes of the same tokens.
macro_rules! like_format {
    ($(($($tokens:tt)*))*) => {$(
        assert_eq!(said(|| info!($($tokens)*)).0, format!($($tokens)*));
    )*};
}

#[derive(Debug)]
struct Point {
    x: i32,
    y: i32,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.x, self.y))
    }
}

#[derive(Debug)]
struct Outer(std::num::ParseIntError);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bad setting")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn outer() -> Outer {
    Outer("x".parse::<i32>().expect_err("not a number"))
}

#[test]
fn messages() {
    let (name, width) = ("ada", 5);
    say! {
        info!("plain") => "plain";
        info!("plain",) => "plain";
        info!("") => "";
        info!("{{}} {{{name}}}") => "{} {ada}";
        info!("hello {name}") => "hello ada";
        info!("{} and {}", 1, 2) => "1 and 2";
        info!("{1} {0} {1}", 'a', "b") => "b a b";
        info!("{} {0} {}", 1, 2) => "1 1 2";
        info!("{a} {b}", b = 2, a = 1) => "1 2";
        info!("{0} {last} {name}", 1, last = 3,) => "1 3 ada";
        info!("{name:>width$}|{:<1$}|", 7, 3) => "  ada|7  |";
        info!("{:.*} {2:.0$}", 1, 2.55, 3.26) => "2.5 3.3";
        info!(r#"a "raw" {name}"#) => "a \"raw\" ada";
        info!("tab\t\u{e9} \x41 \
               next {name}") => "tab\té A next ada";
        info!(concat!("con", "cat {}"), 7) => "concat 7";
        info!(concat!("no ", "arguments")) => "no arguments";
        info!("{}", if name.len() > 2 { "long" } else { "short" }) => "long";
        info!("{}", 1 + 2 * 3) => "7";
        info!("{}", -1_i32 as i64) => "-1";
        info!("{:?}", 0..3) => "0..3";
        info!("{}", { let x = 3; x + 1 }) => "4";
    }
}

#[test]
fn fields() {
    let (user, count, point) = ("ada", 3_u8, Point { x: 1, y: 2 });
    let r#type = "t";
    const KEY: &str = "from.const";
    say! {
        info!(user) => "" { "user": "ada" };
        info!(user,) => "" { "user": "ada" };
        info!(user, count) => "" { "user": "ada", "count": 3 };
        info!(user = "x", n = 1 + 1, "m") => "m" { "user": "x", "n": 2 };
        info!(a.b.c = true, "m") => "m" { "a.b.c": true };
        info!("any key" = 1.5, "and: more" = 'c', "m") => "m" { "any key": 1.5, "and: more": "c" };
        info!(r#type, r#fn = 1) => "" { "type": "t", "fn": 1 };
        info!(type = 2, "m") => "m" { "type": 2 };
        info!({ KEY } = 1, "m") => "m" { "from.const": 1 };
        info!(point.x, point.y = 5) => "" { "point.x": 1, "point.y": 5 };
        info!(?point, "m") => "m" { "point": "Point { x: 1, y: 2 }" };
        info!(%point, "m") => "m" { "point": "1/2" };
        info!(?point.x, %point.y) => "" { "point.x": "1", "point.y": "2" };
        info!(p = ?point, q = %point) => "" { "p": "Point { x: 1, y: 2 }", "q": "1/2" };
        info!(n = ?Some(1), m = %-3) => "" { "n": "Some(1)", "m": "-3" };
        info!(user, "{user} has {count}") => "ada has 3" { "user": "ada" };
        info!(user, "{}", "{}") => "{}" { "user": "ada" };
        info!(none = None::<i32>, some = Some("x")) => "" { "none": null, "some": "x" };
        info!(list = [1, 2], slice = &[1.5][..]) => "" { "list": [1, 2], "slice": [1.5] };
        info!(v = Value::from([("k", Value::from(1))])) => "" { "v": { "k": 1 } };
        info!(password = Sensitive("hunter2"), "in") => "in" { "password": "[REDACTED]" };
        info!(unit = (), boxed = Box::new(7)) => "" { "unit": null, "boxed": 7 };
    }
}

#[test]
fn tracing_style() {
    let (user, point) = ("ada", Point { x: 1, y: 2 });
    say! {
        info!({ user }, "m") => "m" { "user": "ada" };
        info!({ user, k = 1, ?point }, "m {}", 2) => "m 2"
            { "user": "ada", "k": 1, "point": "Point { x: 1, y: 2 }" };
        info!({ user = %point, }) => "" { "user": "1/2" };
        info!(target: "t", { k = 1 }, "m") => "m" { "k": 1 };
        info!(name: "n", target: "t", k = 1, "m") => "m" { "k": 1 };
        info!(message = "text", k = 1) => "text" { "k": 1 };
        info!(k = 1, message = ?point) => "Point { x: 1, y: 2 }" { "k": 1 };
        info!(message = 1, "text") => "text" { "message": 1 };
        event!(Level::Info, "m") => "m";
        event!(Level::Info, k = 1, "m {user}") => "m ada" { "k": 1 };
        event!(target: "t", Level::Info, k = 1) => "" { "k": 1 };
        event!(name: "n", target: "t", Level::Info, { k = 1 }, "m") => "m" { "k": 1 };
        event!(Level::Info, target: "t", "m") => "m";
    }
}

#[test]
fn log_style() {
    let (user, point) = ("ada", Point { x: 1, y: 2 });
    let (error, boxed) = (outer(), Box::<dyn std::error::Error>::from("boxed"));
    say! {
        info!(k = 1; "m") => "m" { "k": 1 };
        info!(k = 1, user; "m {}", 2) => "m 2" { "k": 1, "user": "ada" };
        info!(target: "t", k = 1; "m") => "m" { "k": 1 };
        info!("a key" = 1; "m") => "m" { "a key": 1 };
        info!(point:?; "m") => "m" { "point": "Point { x: 1, y: 2 }" };
        info!(point:%, user; "m") => "m" { "point": "1/2", "user": "ada" };
        info!(k:? = point, l:% = point; "m") => "m" { "k": "Point { x: 1, y: 2 }", "l": "1/2" };
        info!(k:debug = point, l:display = point; "m") => "m"
            { "k": "Point { x: 1, y: 2 }", "l": "1/2" };
        info!(e:err = error; "m") => "m" { "e": "bad setting: invalid digit found in string" };
        info!(error:err; "m") => "m" { "error": "bad setting: invalid digit found in string" };
        info!(e:err = *boxed, f = %boxed; "m") => "m" { "e": "boxed", "f": "boxed" };
        info!("a key":? = point; "m") => "m" { "a key": "Point { x: 1, y: 2 }" };
        info!(target:% = 1, name:? = "x", parent:err = error; "m") => "m"
            { "target": "1", "name": "\"x\"",
              "parent": "bad setting: invalid digit found in string" };
    }
}

#[test]
fn levels_targets_and_places() {
    const TARGET: &str = "const.target";
    let log = Logger::new("named");
    let logs = (log.clone(), std::sync::Arc::new(log.clone()));
    let lines = logged(|| {
        trace!("m");
        debug!("m");
        info!("m");
        warn!("m");
        error!("m");
        critical!("m");
        event!(Level::Warning, "m");
        info!(target: TARGET, "m");
        info!(target: concat!("a", "b"), name: "n", "m");
        info!(logger: log, "m");
        info!(logger: &log, target: "t", k = 1, "m {}", 1);
        info!(logger: logs.1, "m");
        event!(logger: logs.0, Level::Error, "m");
        info!(name: "only.a.name");
    });
    let column = |key: &str| -> Vec<_> {
        lines.iter().map(|line| line[key].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(
        column("level")[..7],
        ["trace", "debug", "info", "warning", "error", "critical", "warning"]
    );
    assert_eq!(column("level")[7..].join(" "), "info info info info info error info");
    let here = module_path!();
    assert_eq!(
        column("logger")[6..],
        [here, "const.target", "ab", "named", "named", "named", "named", here]
    );
    assert_eq!(column("event")[9..], ["m", "m 1", "m", "m", "only.a.name"]);
    assert!(lines.iter().all(|line| line["file"] == file!()));
    let first = lines[0]["line"].as_u64().expect("a number");
    for (line, n) in lines.iter().zip(first..) {
        assert_eq!(line["line"], n);
    }
}

#[test]
fn specifications_match_format() {
    let (s, i, u, f, p) = ("häß", -42_i32, 255_u8, 1234.5678_f64, Point { x: 3, y: 4 });
    like_format! {
        ("{}{}{}{}{}", s, i, u, f, p)
        ("{s} {i} {u} {f} {p}")
        ("[{s:8}] [{s:<8}] [{s:^8}] [{s:>8}] [{s:*^9}] [{s:é>5}] [{s:.2}] [{s:6.1}]")
        ("[{i:8}] [{i:<8}] [{i:^8}] [{i:+}] [{i:08}] [{i:+08}] [{i:#>8}] [{i:08.3}]")
        ("[{u:8}] [{u:<8}] [{u:+}] [{u:05}] [{u:+05}] [{u:^7}] [{u:x^7}]")
        ("[{f:.2}] [{f:10.3}] [{f:<10.1}] [{f:+.0}] [{f:010.2}]")
        ("[{f:e}] [{f:E}] [{f:.2e}] [{f:12e}] [{f:+012.1E}]")
        ("{u:x} {u:X} {u:o} {u:b} {u:#x} {u:#X} {u:#o} {u:#b} {u:#06x} {u:08b} {u:e}")
        ("{i:x} {i:X} {i:o} {i:b} {i:#010x} {i:e}")
        ("{:x} {:b} {:o} {:x} {:x}", -1_i8, -2_i16, -3_i64, -4_i128, 5_u128)
        ("{:#x?} {:x?} {:X?} {:x?}", 10, -1_i8, [10, 255], Some(11))
        ("{s:?} {i:?} {u:?} {f:?} {p:?} {:?} {:?}", 'x', "a\n\"b")
        ("{p:#?} {:#?} {:#?}", Some(1), (1, "a"))
        ("{:?} {:?} {:?} {:?}", Some(1), None::<u8>, Some("x"), Ok::<u8, u8>(3))
        ("{:?} {:?} {:?} {:?}", [1, 2], vec!["a"], b"bytes", ())
        ("{:?} {:?}", Duration::from_millis(1500), Duration::from_nanos(7))
        ("{:5?} {:05?} {:.1?} {:8.2?} {:<5?}|", 1, 2, 3.25, 4.5, Some(1))
        ("{p:>8} {p:-^9} {p:.2} {p:>6.1}")
        ("{:>w$} {:.q$} {:>w$.q$} {:<3$}|{}", 1, 2.125, 3.5, 4, 5, w = 7, q = 2)
        ("{:>1$} {:.*} {2:x}", 5, 3, 10)
        ("{:8}|{:<8}|{:?}|{:^8}", true, false, true, 'x')
        ("{} {:.1} {:e} {:?} {:?}", f32::MAX, 0.1_f32, 1.5_f32, f64::NAN, -0.0)
        ("{} {} {:+} {:5}", f64::INFINITY, f64::NEG_INFINITY, 0.0, f64::NAN)
        ("{} {} {}", u128::MAX, i128::MIN, u64::MAX)
        ("{:>20} {:?}", std::net::Ipv4Addr::LOCALHOST, std::net::Ipv6Addr::LOCALHOST)
        ("{:-} {:->5} {: >5} {:0<5} {:}", 1, 2, 3, 4, 5)
        ("{0} {0:?} {0:>6} {0}", "x")
        ("{ } {:>5 }", 1, 2)
    }
    let (r, n) = (&p, [1_u8; 2]);
    like_format! {
        ("{r} {r:?} {}", &&r)
        ("{:p} {:p} {:#p} {:20p}", r, std::ptr::from_ref(&n), &n, &n[1])
    }
}

#[test]
fn all_kinds_of_values() {
    let owned = String::from("owned");
    let boxed: Box<dyn std::error::Error> = "boxed".into();
    let shown: &dyn fmt::Display = &3;
    let cell = RefCell::new(String::from("cell"));
    say! {
        info!(v = *"unsized", "{}", *"str") => "str" { "v": "unsized" };
        info!(v = &&7, "{}", &&&8) => "8" { "v": 7 };
        info!(owned, "{owned}") => "owned" { "owned": "owned" };
        info!(v = Some("a"), w = Some(owned.as_str())) => "" { "v": "a", "w": "owned" };
        info!(v = String::from("temporary"), "{}", format!("{}!", 1)) => "1!" { "v": "temporary" };
        info!(v = *b"\x01\xff", w = b"\x02") => "" { "v": "01ff", "w": "02" };
        info!(v = %boxed, w = ?&shown.to_string()) => "" { "v": "boxed", "w": "\"3\"" };
        info!(v = %shown, "{shown} {}", *shown) => "3 3" { "v": "3" };
        info!(v = *cell.borrow(), "{}", cell.borrow()) => "cell" { "v": "cell" };
        info!(v = i128::MAX) => "" { "v": i128::MAX.to_string() };
        info!(v = std::net::Ipv4Addr::LOCALHOST) => "" { "v": "127.0.0.1" };
    }
    // Nothing was moved.
    drop((owned, boxed, cell));
}

struct Service {
    name: String,
    pair: (u8, (u8, u8)),
}

impl Service {
    fn log(&self) {
        info!(self.name, self.pair.0, self.pair.1.1, ?self.pair.1, "{self} {}", self.name.len());
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("service")
    }
}

#[test]
fn paths_from_self() {
    let service = Service { name: "s".to_owned(), pair: (1, (2, 3)) };
    let want =
        json!({ "self.name": "s", "self.pair.0": 1, "self.pair.1.1": 3, "self.pair.1": "(2, 3)" });
    assert_eq!(said(|| service.log()), ("service 1".to_owned(), want));
}

#[test]
fn evaluated_once_in_order_and_only_when_enabled() {
    let seen = RefCell::new(Vec::new());
    let see = |n: u32| {
        seen.borrow_mut().push(n);
        n
    };
    let statement = || {
        debug!(
            typed = see(0), debug = ?see(1), display = %see(2),
            "{0} {x} {0:?} {:>1$} {y:p}", see(3), see(4) as usize, x = see(5), y = &see(6)
        );
        debug!(message = see(7), k = see(8));
        debug!(concat!("{}", "{}"), see(9), see(10));
    };
    assert_eq!(logged_at(LevelFilter::Info, statement).len(), 0);
    assert!(seen.borrow().is_empty());
    assert_eq!(logged_at(LevelFilter::Debug, statement).len(), 3);
    assert_eq!(*seen.borrow(), (0..=10).collect::<Vec<_>>());
}

#[test]
fn logger_is_evaluated_once_even_when_disabled() {
    let log = Logger::new("named");
    let calls = Cell::new(0);
    let logger = || {
        calls.set(calls.get() + 1);
        &log
    };
    let statement = || debug!(logger: logger(), "{}", calls.get());
    assert_eq!(logged_at(LevelFilter::Info, statement).len(), 0);
    assert_eq!(calls.get(), 1);
    assert_eq!(logged_at(LevelFilter::Debug, statement)[0]["event"], "2");
    assert_eq!(calls.get(), 2);
}

#[test]
fn enabled_follows_the_level() {
    let log = Logger::new("named");
    let seen = Cell::new([false; 4]);
    let statement = || {
        seen.set([
            enabled!(Level::Info),
            enabled!(target: "t", Level::Debug),
            enabled!(logger: log, Level::Info),
            enabled!(logger: &log, target: "t", Level::Debug,),
        ]);
    };
    logged_at(LevelFilter::Info, statement);
    assert_eq!(seen.get(), [true, false, true, false]);
    logged_at(LevelFilter::Off, statement);
    assert_eq!(seen.get(), [false; 4]);
}

#[test]
fn as_many_arguments_as_a_frame_has() {
    let x = 7_u64;
    let (message, fields) = said(|| {
        info!(
            a = 1,
            b = 2,
            c = 3,
            d = 4,
            e = 5,
            f = 6,
            g = 7,
            h = 8,
            i = 9,
            j = 10,
            k = "k",
            l = 12,
            m = 13,
            n = 14,
            o = 15,
            p = 16,
            "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {x} {x:?}",
            17,
            18,
            19,
            20,
            21,
            22,
            23,
            24,
            25,
            26,
            27,
            28,
            "y",
            30
        );
    });
    assert_eq!(message, "17 18 19 20 21 22 23 24 25 26 27 28 y 30 7 7");
    let fields = fields.as_object().expect("an object");
    assert_eq!((fields.len(), &fields["k"], &fields["p"]), (16, &json!("k"), &json!(16)));
}

#[test]
fn inside_other_macros() {
    macro_rules! wrapped {
        ($e:expr, $name:ident, $lit:literal, $t:ty, $($rest:tt)*) => {{
            let captured = "inner";
            info!(twice = $e * 2, $name, cast = $e as $t, "{captured} {}", format!("{}", $e * 2));
            info!($lit, $name);
            info!(k = $lit, $($rest)*);
            info!(concat!($lit, "!"), $e);
        }};
    }
    let (user, captured) = ("ada", "outer");
    let lines = logged(|| wrapped!(1 + 2, user, "<{}>", u64, "{captured} {}", 1));
    let text = |at: usize| lines[at]["event"].as_str().expect("text");
    assert_eq!((&lines[0]["twice"], &lines[0]["cast"]), (&json!(6), &json!(3)));
    assert_eq!([text(0), text(1), text(2), text(3)], ["inner 6", "<ada>", "outer 1", "<3>!"]);
}
