//! What is logged. The same text for every rival: the messages are literals in the macros below,
//! which a rival's file expands with the logging macro of its crate.

use std::hint::black_box;

/// The form of the lines that a workload asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line of text: time, level, message.
    Text,
    /// An object a line: time, level, message, fields.
    Json,
}

/// The call that a workload repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// Two integers and a float in the message.
    Basic,
    /// Two integers and a string of 35 bytes in the message.
    String35,
    /// Three numbers and five strings in the message, about 1 KB.
    Large,
    /// A message and three fields.
    Json,
    /// The same with five fields that are bound beforehand.
    JsonContext,
}

/// A workload, by its name on the command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) call: Call,
    pub(crate) threads: u32,
    /// Single calls are timed, rather than all together.
    pub(crate) latency: bool,
}

impl Workload {
    const fn throughput(name: &'static str, call: Call, threads: u32) -> Workload {
        Workload { name, call, threads, latency: false }
    }

    const fn latency(name: &'static str, call: Call) -> Workload {
        Workload { name, call, threads: 1, latency: true }
    }

    /// All workloads.
    pub(crate) const ALL: [Workload; 10] = [
        Workload::throughput("basic", Call::Basic, 1),
        Workload::throughput("threads2", Call::Basic, 2),
        Workload::throughput("threads10", Call::Basic, 10),
        Workload::throughput("string35", Call::String35, 1),
        Workload::throughput("large", Call::Large, 1),
        Workload::throughput("json", Call::Json, 1),
        Workload::throughput("json_context", Call::JsonContext, 1),
        Workload::latency("latency", Call::Basic),
        Workload::latency("latency_json", Call::Json),
        Workload::latency("latency_context", Call::JsonContext),
    ];

    /// The form of its lines.
    pub(crate) fn form(&self) -> Form {
        match self.call {
            Call::Basic | Call::String35 | Call::Large => Form::Text,
            Call::Json | Call::JsonContext => Form::Json,
        }
    }
}

/// The calls of thread `worker`, out of `messages` in all; the first ones take the remainder.
pub(crate) fn share(messages: u64, threads: u32, worker: u32) -> u64 {
    let (threads, worker) = (u64::from(threads), u64::from(worker));
    messages / threads + u64::from(worker < messages % threads)
}

/// A price that differs from record to record, has three decimals, and costs one multiplication.
#[inline(always)]
pub(crate) fn price(n: u64) -> f64 {
    100.125 + 0.25 * (n & 1023) as f64
}

/// Strings that the compiler cannot see through.
#[derive(Debug, Clone)]
pub(crate) struct Payload {
    pub(crate) text: String,
    pub(crate) trace: String,
    pub(crate) route: String,
    pub(crate) client: String,
    pub(crate) tags: String,
    pub(crate) body: String,
}

/// 35 bytes.
pub(crate) const TEXT: &str = "AAPL.XNAS limit day buy, book main.";
pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
pub(crate) const ROUTE: &str = "/api/v2/accounts/:account/portfolios/:portfolio/orders/:order";
pub(crate) const CLIENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like \
    Gecko) Chrome/131.0.0.0 Safari/537.36 trading-desk/9.12.4 (build; release)";
pub(crate) const TAGS: &str = "region:eu-central,zone:b,tier:gold,desk:equities,strategy:vwap,\
    venue:primary,book:main,currency:eur,session:continuous,reviewed:yes";
pub(crate) const BODY: &str = "Execution report for a parent order that was split into child \
    orders, worked over the session. The schedule followed the volume curve of the last twenty \
    days, pausing twice while the spread was wider than the limit of the client. No child order \
    was rejected by the venue. The average price is inside the arrival band, the participation \
    stayed below the cap and the residual quantity was released to the closing auction. \
    Settlement instructions were taken from the account and confirmed by the custodian.";

impl Payload {
    pub(crate) fn new() -> Payload {
        let opaque = |text: &str| black_box(text.to_owned());
        Payload {
            text: opaque(TEXT),
            trace: opaque(TRACE),
            route: opaque(ROUTE),
            client: opaque(CLIENT),
            tags: opaque(TAGS),
            body: opaque(BODY),
        }
    }
}

/// Two integers and a float: `basic_line!(log::info, worker, n, px)`, with the first arguments of
/// the logging macro in brackets after its path where it has any.
macro_rules! basic_line {
    ($($log:ident)::+ $([$($first:tt)*])?, $worker:expr, $n:expr, $px:expr) => {
        $($log)::+!(
            $($($first)*,)?
            "order filled on the primary venue: worker {}, n {}, px {}", $worker, $n, $px
        )
    };
}

/// Two integers and a string.
macro_rules! string_line {
    ($($log:ident)::+ $([$($first:tt)*])?, $worker:expr, $n:expr, $text:expr) => {
        $($log)::+!($($($first)*,)? "order: worker {}, n {}, text {}", $worker, $n, $text)
    };
}

/// Three numbers and five strings; `$p` is a [`Payload`].
macro_rules! large_line {
    ($($log:ident)::+ $([$($first:tt)*])?, $worker:expr, $n:expr, $px:expr, $p:expr) => {
        $($log)::+!(
            $($($first)*,)?
            "execution report: worker {}, n {}, px {}, trace {}, route {}, client {}, tags {}, \
             body {}",
            $worker,
            $n,
            $px,
            $p.trace.as_str(),
            $p.route.as_str(),
            $p.client.as_str(),
            $p.tags.as_str(),
            $p.body.as_str()
        )
    };
}

/// The text methods of [`Rival`](crate::harness::Rival) for macros that need no logger:
/// `text_calls!(log::info, log::debug);`
macro_rules! text_calls {
    ($($info:ident)::+, $($debug:ident)::+) => {
        #[inline(always)]
        fn basic(&self, worker: u32, n: u64, px: f64) {
            basic_line!($($info)::+, worker, n, px);
        }

        #[inline(always)]
        fn string(&self, worker: u32, n: u64, text: &str) {
            string_line!($($info)::+, worker, n, text);
        }

        #[inline(always)]
        #[allow(clippy::too_many_arguments, reason = "of functions in the expansion of a macro")]
        fn large(&self, worker: u32, n: u64, px: f64, p: &crate::harness::Payload) {
            large_line!($($info)::+, worker, n, px, p);
        }

        #[inline(always)]
        fn disabled(&self, worker: u32, n: u64, px: f64) {
            basic_line!($($debug)::+, worker, n, px);
        }
    };
}
