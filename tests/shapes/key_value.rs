//! The bytes of structlog's console renderer.

use crate::logged;
use ripsaw::format::{ColorChoice, KeyValue};
use ripsaw::{Logger, Value, critical, debug, error, info, trace, warn};

fn compat() -> KeyValue {
    KeyValue::compat().timestamp(false)
}

#[test]
fn inv_029_compat_pads_the_event_and_sorts_the_fields() {
    let text = logged(compat(), || {
        info!(a = 1, "short");
        info!(a = 1, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        info!(a = 1, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        info!(zeta = 1, alpha = 2, mid = 3, "sorted");
        info!(a = 1, "日本語");
        info!(a = 1, "🗣\u{FE0F} hi");
        info!("no fields, no padding");
        info!(a = 1, "");
        info!("");
        let bound = Logger::new("auth.service").with("b", 1).with("a", 2);
        warn!(logger: &bound, aa = 3, "bound");
        error!(logger: &bound, b = 4, "own");
    });
    assert_eq!(
        text,
        "[info     ] short                          a=1\n\
         [info     ] xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx a=1\n\
         [info     ] xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx a=1\n\
         [info     ] sorted                         alpha=2 mid=3 zeta=1\n\
         [info     ] 日本語                            a=1\n\
         [info     ] 🗣\u{FE0F} hi                          a=1\n\
         [info     ] no fields, no padding\n\
         [info     ]                                a=1\n\
         [info     ]\n\
         [warning  ] bound                          a=2 aa=3 b=1\n\
         [error    ] own                            a=2 b=4\n"
    );
    let with_time = logged(KeyValue::compat(), || info!("x"));
    let shape: String =
        with_time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00 00:00:00.000000 [info     ] x\n");
}

#[test]
fn inv_029_compat_lines_do_not_end_in_spaces() {
    let text = logged(compat(), || {
        info!("spaces  ");
        info!(a = "", "x");
        info!("  ");
        info!(a = " ", "y");
    });
    assert_eq!(
        text,
        "[info     ] spaces\n[info     ] x                              a=\n[info     ]\n[info     ] y                              a=' '\n"
    );
}

#[test]
fn inv_029_compat_quotes_like_python() {
    let text = logged(compat(), || {
        info!(
            a = "plain",
            b = "two words",
            c = "k=v",
            d = "tab\there",
            e = "nl\nhere",
            f = "cr\rhere",
            g = "it's",
            h = "say \"hi\"",
            i = "both ' and \"",
            j = "",
            k = "comma,semi;[x]{y}",
            l = "back\\slash",
            m = "back\\ slash",
            n = "é ü",
            o = "\0nul",
            p = "\0 nul sp",
            q = "emoji 🚀 x",
            r = "🚀",
            s = " lead",
            t = "\u{202E}turned",
            u = "it's \\ \u{9B}",
            "e"
        );
    });
    assert_eq!(
        text,
        "[info     ] e                              a=plain b='two words' c='k=v' \
         d='tab\\there' e='nl\\nhere' f='cr\\rhere' g=\"it's\" h='say \"hi\"' \
         i='both \\' and \"' j= k=comma,semi;[x]{y} l=back\\slash m='back\\\\ slash' n='é ü' \
         o='\\x00nul' p='\\x00 nul sp' q='emoji 🚀 x' r=🚀 s=' lead' t='\\u202eturned' \
         u=\"it's \\\\ \\x9b\"\n"
    );
}

#[test]
fn inv_029_compat_spells_other_values_as_json() {
    let text = logged(compat(), || {
        let map = Value::from([("r", Value::from("x y")), ("n", Value::Null), ("t", true.into())]);
        info!(
            a = None::<u8>,
            b = true,
            c = -7,
            d = 2.0,
            e = f64::NAN,
            f = u128::MAX,
            g = map,
            h = Value::from(vec![Value::from(1), Value::from("a\n")]),
            i = std::time::Duration::from_micros(1500),
            j = 'c',
            k = '\'',
            "e"
        );
        info!("sp ace" = 1, "eq=" = 2, "nl\n" = 3, "" = 4, "a\nb\u{1B}[31m");
    });
    assert_eq!(
        text,
        "[info     ] e                              a=null b=true c=-7 d=2.0 e=NaN \
         f=340282366920938463463374607431768211455 g={\"r\":\"x y\",\"n\":null,\"t\":true} \
         h=[1,\"a\\n\"] i=1.5 j=c k=\"'\"\n\
         [info     ] a\\nb\\u{1b}[31m                 ''=4 'eq='=2 'nl\\n'=3 'sp ace'=1\n"
    );
}

#[test]
fn inv_030_colours_of_structlog() {
    let colored = logged(compat().color(ColorChoice::Always), || {
        trace!(a = 1, b = "x y", "e");
        debug!(a = 1, "e");
        info!(a = 1, "e");
        warn!(a = 1, "e");
        error!(a = 1, "e");
        critical!(a = 1, "e");
        info!("bare");
    });
    let event = "\x1b[1me                             \x1b[0m \x1b[36ma\x1b[0m=\x1b[35m1\x1b[0m";
    assert_eq!(
        colored,
        format!(
            "[trace    \x1b[0m] {event} \x1b[36mb\x1b[0m=\x1b[35m'x y'\x1b[0m\n\
             [\x1b[32m\x1b[1mdebug    \x1b[0m] {event}\n[\x1b[32m\x1b[1minfo     \x1b[0m] {event}\n\
             [\x1b[33m\x1b[1mwarning  \x1b[0m] {event}\n[\x1b[31m\x1b[1merror    \x1b[0m] {event}\n\
             [\x1b[31m\x1b[1mcritical \x1b[0m] {event}\n[\x1b[32m\x1b[1minfo     \x1b[0m] \x1b[1mbare\x1b[0m\n"
        )
    );
    let time = logged(KeyValue::compat().color(ColorChoice::Always), || info!("x"));
    assert!(time.starts_with("\x1b[2m20") && time.contains("\x1b[0m [\x1b[32m"), "{time:?}");
    // A sink that is no terminal has none.
    let auto = logged(KeyValue::new().color(ColorChoice::Auto), || info!(a = 1, "x"));
    assert!(!auto.contains('\x1b'), "{auto:?}");
    // Colours change nothing else.
    let strip = |text: &str| {
        let mut parts = text.split('\x1b');
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| text + part.split_once('m').unwrap().1)
    };
    let log = || {
        let bound = Logger::new("l").with("b", "x y");
        info!(logger: &bound, "" = 1, z = "\x1b[31m", a = "\"", "e");
        info!(z = 1, a = 2, "e");
    };
    for format in [compat(), KeyValue::new().timestamp(false).logger(true)] {
        let colored = logged(format.clone().color(ColorChoice::Always), log);
        assert_eq!(strip(&colored), logged(format, log));
    }
}

/// The table of the module's documentation.
#[test]
fn inv_029_values_have_the_stated_renderings() {
    let log = || {
        info!(
            a = f64::NAN,
            b = f64::INFINITY,
            c = f64::NEG_INFINITY,
            d = 1.0,
            e = u128::MAX,
            f = -1_i128,
            g = Value::Bytes(vec![0xAB, 1]),
            h = std::time::Duration::from_micros(1500),
            i = None::<u8>,
            j = ripsaw::Sensitive("x"),
            k = std::net::IpAddr::from([127, 0, 0, 1]),
            "e"
        );
    };
    assert_eq!(
        logged(ripsaw::format::Text::new().timestamp(false).target(false), log),
        "INFO     e a=NaN b=inf c=-inf d=1.0 e=340282366920938463463374607431768211455 f=-1 g=ab01 \
         h=1.5ms i=null j=[REDACTED] k=127.0.0.1\n"
    );
    let json = logged(ripsaw::format::Json::new().timestamp(false), log);
    assert!(
        json.ends_with(
            "\"a\":\"NaN\",\"b\":\"Infinity\",\"c\":\"-Infinity\",\"d\":1.0,\
             \"e\":\"340282366920938463463374607431768211455\",\"f\":-1,\"g\":\"ab01\",\
             \"h\":1.5,\"i\":null,\"j\":\"[REDACTED]\",\"k\":\"127.0.0.1\"}\n"
        ),
        "{json}"
    );
}
