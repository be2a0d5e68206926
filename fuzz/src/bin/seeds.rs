//! Writes `seeds/` anew: `cargo run --bin seeds`. Needed when the layout of frames changes.

use ripsaw::Level;
use ripsaw::codec::{ArgList, Debugged, Displayed, Sensitive, Value, header};
use ripsaw_fuzz::frame;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Text with all that can forge a line or repaint a terminal.
const HOSTILE: &str = "a\nb\r\tc\u{1B}[31md\u{202E}e\u{2028}f\"g\\h=i j\u{FEFF}\0\u{85}é😀";

fn main() {
    codec();
    config();
    formats();
    template();
}

fn write(target: &str, name: &str, data: &[u8]) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    std::fs::create_dir_all(&dir).expect("a directory for the seeds");
    std::fs::write(dir.join(name), data).expect("a seed");
}

fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn args(args: &impl ArgList) -> Vec<u8> {
    bytes(&frame(1, 0x0123_4567_89AB_CDEF, args))
}

fn numbers() -> Vec<u8> {
    args(&(&-7i32, (&u64::MAX, (&1.25f64, (&-0.0f32, (&true, (&'é', (&(), (&f64::NAN, ())))))))))
}

fn texts() -> Vec<u8> {
    let shown = Displayed(&"shown");
    args(&("plain", (HOSTILE, (shown, (Debugged(&[1, 2]), (&b"\0\xFF"[..], ("", ())))))))
}

fn odd_ones() -> Vec<u8> {
    let ip = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
    let (time, big) = (Duration::new(3, 999_999_999), (i128::MIN, u128::MAX));
    let some = Some(Duration::MAX);
    args(&(
        &time,
        (&ip.0, (&ip.1, (&big.0, (&big.1, (&some, (&Sensitive(1), (&None::<u8>, ()))))))),
    ))
}

fn dates() -> Vec<u8> {
    let day = Duration::from_secs(86_400);
    let far: SystemTime = UNIX_EPOCH + 4_000_000 * day;
    args(&(&UNIX_EPOCH, (&(UNIX_EPOCH - day / 7), (&far, (&Value::from([far, UNIX_EPOCH]), ())))))
}

fn nested() -> Value {
    let inner = Value::from([("tags", Value::from(["a", HOSTILE])), ("none", Value::Null)]);
    let list = Value::List(vec![inner, Value::F64(f64::INFINITY), Value::Bytes(vec![0, 255])]);
    Value::Map(vec![("list".into(), list), ("".into(), Value::I128(-1)), ("".into(), 2.into())])
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(Value::U64(1), |inner, _| Value::List(vec![inner]))
}

/// The one argument of a record that carries its own metadata.
fn dynamic() -> Value {
    let head = [u64::from(Level::Warning as u8), 42].map(Value::U64);
    let texts = ["shop::cart", "shop", "src/cart.rs", HOSTILE].map(Value::from);
    Value::List(head.into_iter().chain(texts).chain([nested()]).collect())
}

fn many() -> Vec<u8> {
    type Four<T> = (&'static str, (&'static u8, (&'static f64, (&'static bool, T))));
    fn four<T>(rest: T) -> Four<T> {
        ("s", (&1, (&0.1, (&false, rest))))
    }
    args(&four(four(four(four(four(four(four(four(())))))))))
}

fn codec() {
    let seeds: [(&str, Vec<u8>); 11] = [
        ("dates", dates()),
        ("empty", Vec::new()),
        ("no-args", args(&())),
        ("numbers", numbers()),
        ("texts", texts()),
        ("odd-ones", odd_ones()),
        ("nested", args(&(&nested(), (&deep(3), ())))),
        ("deepest", args(&(&deep(32), (&deep(33), ())))),
        ("many", many()),
        ("dynamic", bytes(&frame(header::ID_DYNAMIC, 1, &(&dynamic(), ())))),
        ("seal", bytes(&[header::SEAL, 0, 0, 0])),
    ];
    seeds.iter().for_each(|(name, data)| write("codec", name, data));
}

/// What stands before the frame: the kind of record, the thread, the time.
fn head(kind: u8, thread: &str, unix_ns: u64) -> Vec<u8> {
    let mut out = vec![kind];
    out.extend(7u64.to_le_bytes());
    text(&mut out, thread);
    out.extend(unix_ns.to_le_bytes());
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).expect("a short text"));
    out.extend(text.as_bytes());
}

/// A record whose texts are all `with`, and which has every kind of value as a field.
fn spelled_out(with: &str) -> Vec<u8> {
    let mut out = head(2 + 3 * 4, with, u64::MAX);
    for _ in ["target", "message"] {
        text(&mut out, with);
    }
    for _ in ["module", "file"] {
        out.push(1);
        text(&mut out, with);
    }
    out.push(200);
    out.push(13);
    for tag in 0..13 {
        text(&mut out, ["level", with, "key", "key"][usize::from(tag % 4)]);
        out.push(tag);
        match tag {
            1 => out.push(1),
            2 => out.extend(i64::MIN.to_le_bytes()),
            3 => out.extend(u64::MAX.to_le_bytes()),
            4 | 5 => out.extend([0xFF; 16]),
            6 => out.extend(0.1f64.to_le_bytes()),
            7 | 8 => text(&mut out, with),
            12 => out.extend([0xFF; 9]),
            9 => out.extend([1, 0, 0, 0, 0, 0, 0, 0, 9]),
            10 => out.extend([2, 0, 1, 1]),
            11 => {
                out.push(1);
                text(&mut out, with);
                out.push(0);
            }
            _ => {}
        }
    }
    out
}

fn formats() {
    let with = |kind, thread, frame: Vec<u8>| {
        [head(kind, thread, 1_795_000_000_123_456_789), frame].concat()
    };
    let seeds: [(&str, Vec<u8>); 10] = [
        ("fields-of-dates", with(0, "main", dates())),
        ("fields-of-numbers", with(0, "main", numbers())),
        ("fields-of-texts", with(0, HOSTILE, texts())),
        ("fields-of-odd-ones", with(0, "", odd_ones())),
        ("template-of-numbers", with(3, "main", numbers())),
        ("template-of-texts", with(3, HOSTILE, texts())),
        ("template-of-many", with(3, "", many())),
        ("nothing", with(6, "", args(&()))),
        ("dynamic", with(1, "main", args(&(&dynamic(), ())))),
        ("spelled-out", spelled_out(HOSTILE)),
    ];
    seeds.iter().for_each(|(name, data)| write("formats", name, data));
}

fn config() {
    let of = |kind: u8, first: &str, rest: &[u8]| {
        let mut out = vec![kind];
        text(&mut out, first);
        [&out[..], rest].concat()
    };
    let number = |n: u64| n.to_le_bytes();
    let sizes = |arena: u64, block: u64, how: u8| {
        of(2, "", &[&number(arena)[..], &number(block), &[how]].concat())
    };
    let seeds: [(&str, Vec<u8>); 17] = [
        ("pattern", of(3, "{time} {level:<8} {target} {message} {fields}", HOSTILE.as_bytes())),
        (
            "pattern-of-fields",
            of(3, "{{{field.k:>9.3}}}{fields:^300}|{time:%a %j}", HOSTILE.as_bytes()),
        ),
        ("pattern-wrong", of(3, "{time:%Q} {levle}", b"m")),
        ("pattern-hostile", of(3, HOSTILE, b"m")),
        ("environment-pattern", of(1, "pattern:{message", b"info")),
        ("filter", of(0, "shop::db::pool", b"warn,shop=info, shop::db = trace,a.b=off,bare")),
        ("filter-only-targets", of(0, "other", b"shop=debug,noisy=off")),
        ("filter-nearly-a-level", of(0, "x", b"info,shop=debg")),
        ("filter-hostile", of(0, HOSTILE, HOSTILE.as_bytes())),
        ("filter-odd", of(0, "a", b",,=,a==,a=b=c,[x],{y}/z, ")),
        ("environment", of(1, "json", b"info,shop=debug")),
        ("environment-key-value", of(1, " Key_Value ", b"off")),
        ("environment-unknown", of(1, "xml", b"info")),
        ("environment-no-text", of(1, "text", b"info,\xFF=debug")),
        ("sizes-smallest", sizes(4 * 512, 9, 1)),
        ("sizes-default-block", sizes(100_000, 0, 2)),
        ("sizes-too-large", sizes(u64::MAX, 512, 0)),
    ];
    seeds.iter().for_each(|(name, data)| write("config", name, data));
}

fn template() {
    let seeds: [(&str, &str); 9] = [
        ("plain", "order filled"),
        ("brace-as-fill", "{:}<5}{:>^+#012.3x?}:< 5{}<\0\u{11}:\0"),
        ("names", "order {id} filled at {px:?} {größe:>8}"),
        ("escapes", "{{a}} {{{b}}} }} {{"),
        ("whole", "{v:*^+#012.3x?} {:<<5} {:é>5} {:0^5}"),
        ("counts", "{:>w$.2$x} {:.*} {:0$} {:.p$e}"),
        ("space", "{ a : >5 } { 00 } { :? }"),
        ("wrong", "{:q} {a.b} {70000} {_}"),
        ("hostile", HOSTILE),
    ];
    seeds.iter().for_each(|(name, text)| write("template", name, text.as_bytes()));
}
